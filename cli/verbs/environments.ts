import { resolve } from "node:path";
import { writeFileAtomically } from "../../store/write.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { findDifferences } from "../environments/differences.ts";
import { renderEnvironments, renderEnvironmentsMarkdown } from "../environments/render.ts";
import { printReport } from "../print.ts";
import { readStacks } from "../stacks.ts";
import { type ExitCode, examples, runsVerb, type Verb } from "../verb.ts";

interface EnvironmentsOptions extends GlobalOptions {
  readonly markdown?: string;
  readonly json?: boolean;
}

export const environments: Verb = (program) => {
  program
    .command("environments")
    .description("Show what differs between environments: pins, values, flags, cluster, registries, quota")
    .argument("[stack...]", "stacks to compare; all by default")
    .option("--markdown <file>", "also write it as a page")
    .option("--json", "print it as JSON (schemas/environments.json)")
    .addHelpText("after", examples("environments", "environments staging prod --markdown docs/environments.md"))
    .action(runsVerb(run));
};

async function run(names: readonly string[], options: EnvironmentsOptions): Promise<ExitCode> {
  const stacks = readStacks(openContext(options), names, []);
  const report = findDifferences(stacks.map(({ platform }) => platform));
  if (options.markdown !== undefined) {
    writeFileAtomically(resolve(options.markdown), renderEnvironmentsMarkdown(report));
  }
  printReport(report, options, renderEnvironments);
  return 0;
}
