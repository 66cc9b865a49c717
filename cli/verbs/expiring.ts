import { refuseInput } from "../../release/errors.ts";
import { type JudgingOptions, judgingInstant, withJudgingOptions } from "../approve/options.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { findExpiring, renderExpiring } from "../expiring.ts";
import { printReport } from "../print.ts";
import { type ExitCode, examples, runsVerb, type Verb } from "../verb.ts";

interface ExpiringOptions extends JudgingOptions {
  readonly within: string;
  readonly json?: boolean;
}

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000 };

export const expiring: Verb = (program) => {
  const command = program
    .command("expiring")
    .description("List votes, waivers, flags, keys and delegations that run out soon; exits 1 if something has")
    .option("--within <days or hours>", "how far to look ahead and back, such as 7d or 12h", "7d");
  withJudgingOptions(command)
    .option("--json", "print the list as JSON (schemas/expiring.json)")
    .addHelpText("after", examples("expiring", "expiring --within 30d --json"))
    .action(runsVerb<ExpiringOptions>(run));
};

async function run(_: readonly string[], options: ExpiringOptions & GlobalOptions): Promise<ExitCode> {
  const within = readSpan(options.within);
  const context = openContext(options);
  const report = findExpiring(context, judgingInstant(context, options.at), within);
  printReport(report, options, renderExpiring);
  return report.expired ? 1 : 0;
}

/** So many days or hours, in milliseconds. @throws InputError */
function readSpan(text: string): number {
  const [, number, unit = ""] = /^([1-9]\d{0,3})([dh])$/.exec(text) ?? [];
  if (number === undefined) {
    const message = "must be a number of days or hours, such as 7d";
    refuseInput({ file: "--within", path: "", message, value: text });
  }
  return Number(number) * (UNITS[unit] ?? 0);
}
