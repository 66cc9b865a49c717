import type { Command } from "commander";
import { refuseInput } from "../../release/errors.ts";
import { workingTree } from "../../store/files.ts";
import { LEDGER_BRANCH, pushLedger } from "../../store/ledgerBranch.ts";
import { Refusal, reportOutcome } from "../approve/outcome.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { type LedgerReport, listLines, readLedgers, showLines, verifyLines } from "../ledger/report.ts";
import { printReport } from "../print.ts";
import type { Style } from "../render/style.ts";
import { type ExitCode, examples, runsVerb, type Verb } from "../verb.ts";

interface LedgerOptions extends GlobalOptions {
  readonly json?: boolean;
  readonly remote?: string;
}

export const ledger: Verb = (program) => {
  const group = program
    .command("ledger")
    .description("What was applied where, when and on which blessing: verify, list, show, push")
    .addHelpText(
      "after",
      examples("ledger verify", "ledger verify prod", "ledger list prod", "ledger show prod 12", "ledger push"),
    );
  reading(group, "verify [stack...]", "Verify each chain, and say where one breaks", verifyLines);
  reading(group, "list [stack...]", "List the entries, newest first", listLines);
  group
    .command("show")
    .description("Show one entry in full")
    .argument("<stack>")
    .argument("[number]", "the newest by default")
    .option("--json", "print it as JSON (schemas/ledger.json)")
    .action(runsVerb<LedgerOptions>(async (args, options) => show(args, options)));
  group
    .command("push")
    .description(
      `Push the entries that are only here to the branch ${LEDGER_BRANCH}, without touching the working tree`,
    )
    .option("--remote <name>", "the remote to push to", "origin")
    .option("--json", "print the outcome as JSON (schemas/outcome.json)")
    .action(runsVerb<LedgerOptions>((_, options) => push(options)));
};

/** A verb that reads ledgers; it ends with 1 where one is broken. */
function reading(
  group: Command,
  name: string,
  description: string,
  render: (report: LedgerReport, style: Style, width: number) => string[],
): void {
  group
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

function push(options: LedgerOptions): Promise<ExitCode> {
  return reportOutcome("ledger push", options, async () => {
    const context = openContext(options);
    const { holds, stacks } = readLedgers(context, []);
    if (!holds) {
      const faults = stacks.flatMap((stack) => stack.faults.map(({ path, message }) => `${path} ${message}`));
      throw new Refusal(`the ledger does not hold: ${faults.join("; ")}`, ["npx imprimatur ledger verify"]);
    }
    const remote = options.remote ?? "origin";
    const { commit, paths } = pushLedger(context.root, workingTree(context.root), remote);
    const headline =
      commit === undefined
        ? `${LEDGER_BRANCH} on ${remote} has every entry already`
        : `${paths.length} entries pushed to ${LEDGER_BRANCH} on ${remote} (${commit.slice(0, 12)})`;
    return { headline, details: paths, written: [] };
  });
}
