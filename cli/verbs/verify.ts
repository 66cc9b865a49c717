import { type JudgingOptions, judgingInstant, withJudgingOptions } from "../approve/options.ts";
import { type VerifyReport, verifyCatalogue } from "../approve/verification.ts";
import { readRelease } from "../candidate.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { printReport } from "../print.ts";
import type { Style } from "../render/style.ts";
import { count, plain } from "../render/text.ts";
import { type ExitCode, examples, runsVerb, type Verb } from "../verb.ts";

interface VerifyOptions extends JudgingOptions {
  readonly history?: string;
  readonly json?: boolean;
}

/** Notes that are shown; `--json` has them all. */
const SHOWN_NOTES = 10;

export const verify: Verb = (program) => {
  const command = program
    .command("verify")
    .description("Verify every manifest, signature, trust file, ledger and pin, or those of one module or release")
    .argument("[module]", "only this module")
    .argument("[version]", "only this release");
  withJudgingOptions(command)
    .option("--history <git ref>", "hold every change of a pin on this branch against the ledgers")
    .option("--json", "print what was found as JSON (schemas/verify.json)")
    .addHelpText(
      "after",
      examples("verify", "verify skaha 1.1.0", "verify --against origin/main --history origin/main"),
    )
    .action(runsVerb<VerifyOptions>(run));
};

async function run(args: readonly string[], options: VerifyOptions & GlobalOptions): Promise<ExitCode> {
  const context = openContext(options);
  const [module, version] = args;
  if (module !== undefined) context.catalogue.module(module, { file: "<module>", path: "" });
  if (module !== undefined && version !== undefined) readRelease(context, module, version);
  const { history } = options;
  const scope = {
    ...(module === undefined ? {} : { module }),
    ...(version === undefined ? {} : { version }),
    ...(history === undefined ? {} : { history }),
  };
  const report = verifyCatalogue(context, instantOf(context, options.at), scope);
  printReport(report, options, render);
  return report.problems.length === 0 ? 0 : 1;
}

/** The instant to judge at. Where the file that may give one is malformed, verifying says so by itself. */
function instantOf(context: Parameters<typeof judgingInstant>[0], at: string | undefined): Date {
  if (at !== undefined) return judgingInstant(context, at);
  try {
    return judgingInstant(context);
  } catch {
    return new Date();
  }
}

function render({ checked, problems, notes }: VerifyReport, style: Style): string {
  const { manifests, records, ledgerEntries, stacks, pinChanges } = checked;
  const pins = pinChanges === undefined ? "" : `, ${count(pinChanges, "change")} of pins`;
  const total = `${count(manifests, "manifest")}, ${count(records, "signed record")}, ${ledgerEntries} ledger entries, ${count(stacks, "stack")}${pins}`;
  const left = notes.length - SHOWN_NOTES;
  const lines = [
    ...notes.slice(0, SHOWN_NOTES).map(({ file, message }) => style.dim(`  note  ${plain(file)} ${plain(message)}`)),
    ...(left > 0 ? [style.dim(`  and ${count(left, "more note")}; --json shows all`)] : []),
    ...problems.map(({ file, message }) => `  ${style.bad("✘")} ${plain(file)} ${plain(message)}`),
    problems.length === 0
      ? `${style.good("✔")} sound: ${total}`
      : `${style.bad("✘")} ${count(problems.length, "problem")}; sound: ${total}`,
  ];
  return `${lines.join("\n")}\n`;
}
