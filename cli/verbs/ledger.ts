import type { Command } from "commander";
import { refuseInput } from "../../release/errors.ts";
import { LEDGER_BRANCH } from "../../store/ledgerBranch.ts";
import { reportOutcome } from "../approve/outcome.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { pushEntries } from "../ledger/push.ts";
import { type LedgerReport, listLines, readLedgers, showLines, verifyLines } from "../ledger/report.ts";
import { printReport } from "../print.ts";
import type { Style } from "../render/style.ts";
import { openSign, type Sign, type SigningOptions, withSigningOptions } from "../signers.ts";
import { type ExitCode, examples, runsVerb, type Verb } from "../verb.ts";

interface LedgerOptions extends GlobalOptions {
  readonly json?: boolean;
}

interface PushOptions extends LedgerOptions, SigningOptions {
  readonly remote: string;
}

export const ledger: Verb = (program) => {
  const group = program
    .command("ledger")
    .description("What was applied where, when and on which blessing: verify, list, show, push");
  reading(group, "verify [stack...]", "Verify each chain, and say where one breaks", verifyLines).addHelpText(
    "after",
    examples("ledger verify", "ledger verify prod"),
  );
  reading(group, "list [stack...]", "List the entries, newest first", listLines).addHelpText(
    "after",
    examples("ledger list prod"),
  );
  group
    .command("show")
    .description("Show one entry in full")
    .argument("<stack>")
    .argument("[number]", "the newest by default")
    .option("--json", "print it as JSON (schemas/ledger.json)")
    .addHelpText("after", examples("ledger show prod", "ledger show prod 12"))
    .action(runsVerb<LedgerOptions>(async (args, options) => show(args, options)));
  const push = group
    .command("push")
    .description(
      `Push the entries that are only here to the branch ${LEDGER_BRANCH}; one whose place is taken is signed anew behind its last`,
    )
    .option("--remote <name>", "the remote to push to", "origin");
  withSigningOptions(push)
    .option("--json", "print the outcome as JSON (schemas/outcome.json)")
    .addHelpText("after", examples("ledger push", "ledger push --key .keys/ops.pem"))
    .action(runsVerb<PushOptions>((_, options) => pushes(options)));
};

/** A verb that reads ledgers; it ends with 1 where one is broken. */
function reading(
  group: Command,
  name: string,
  description: string,
  render: (report: LedgerReport, style: Style, width: number) => string[],
): Command {
  return group
    .command(name)
    .description(description)
    .option("--json", "print them as JSON (schemas/ledger.json)")
    .action(
      runsVerb<LedgerOptions>(async (names, options): Promise<ExitCode> => {
        const report = readLedgers(openContext(options), names);
        printReport(report, options, (_, style, width) => render(report, style, width));
        return report.holds ? 0 : 1;
      }),
    );
}

function show([stack = "", number]: readonly string[], options: LedgerOptions): ExitCode {
  const report = readLedgers(openContext(options), [stack]);
  const entries = report.stacks[0]?.entries ?? [];
  const found = number === undefined ? entries.at(-1) : entries.find(({ entry }) => `${entry.seq}` === number);
  if (found === undefined) {
    const message = `the ledger of ${stack} has ${entries.length} entries that hold`;
    refuseInput({ file: "<number>", path: "", message, value: number ?? "", nearest: `${entries.length}` });
  }
  const only = { ...report, stacks: report.stacks.map((one) => ({ ...one, entries: [found] })) };
  printReport(only, options, () => showLines(found));
  return 0;
}

function pushes(options: PushOptions): Promise<ExitCode> {
  return reportOutcome("ledger push", options, () => {
    const { key, keyless, remote } = options;
    const named = keyless === true || key !== undefined || Boolean(process.env.IMPRIMATUR_KEY);
    let sign: Promise<Sign> | undefined;
    const open = () => {
      sign ??= openSign(options);
      return sign;
    };
    return pushEntries(openContext(options), remote, named ? open : undefined);
  });
}
