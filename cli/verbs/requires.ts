import { type JudgingOptions, judgingInstant, withJudgingOptions } from "../approve/options.ts";
import { renderStanding, standingReport } from "../approve/standing.ts";
import { readCandidates, readRelease } from "../candidate.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { printReport } from "../print.ts";
import { type ExitCode, examples, runsVerb, type Verb } from "../verb.ts";

interface RequiresOptions extends JudgingOptions {
  readonly for: string;
  readonly json?: boolean;
}

export const requires: Verb = (program) => {
  const command = program
    .command("requires")
    .description("Show what a stack asks of a release, what is missing, and who supplies it")
    .argument("<module>", "the module")
    .argument("<version>", "the release")
    .requiredOption("--for <stack>", "the stack that it is to run in");
  withJudgingOptions(command)
    .option("--json", "print it as JSON (schemas/requires.json)")
    .addHelpText("after", examples("requires skaha 1.1.0 --for prod", "requires skaha 1.1.0 --for prod --against main"))
    .action(runsVerb(run));
};

async function run(
  [module = "", version = ""]: readonly string[],
  options: RequiresOptions & GlobalOptions,
): Promise<ExitCode> {
  const context = openContext(options);
  const at = judgingInstant(context, options.at);
  const { stack, candidates } = readCandidates(context, options.for, [readRelease(context, module, version)]);
  const [candidate] = candidates;
  if (candidate === undefined) throw new Error("no candidate was read");
  const report = standingReport(context, candidate, stack, at);
  printReport(report, options, renderStanding);
  return report.passed || report.blessed ? 0 : 1;
}
