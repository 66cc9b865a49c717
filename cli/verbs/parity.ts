import { type GlobalOptions, openContext } from "../context.ts";
import { compareStacks, renderParity } from "../environments/parity.ts";
import { printReport } from "../print.ts";
import { type ExitCode, examples, runsVerb, type Verb } from "../verb.ts";

interface ParityOptions extends GlobalOptions {
  readonly json?: boolean;
}

export const parity: Verb = (program) => {
  program
    .command("parity")
    .description("Say whether what is proven in one stack holds in another, by their committed plans")
    .argument("<mirror>", "the stack that it is proven in")
    .argument("<stack>", "the stack that it is to hold in")
    .option("--json", "print it as JSON (schemas/parity-report.json)")
    .addHelpText("after", examples("parity staging prod"))
    .action(runsVerb(run));
};

async function run([mirror = "", stack = ""]: readonly string[], options: ParityOptions): Promise<ExitCode> {
  const report = compareStacks(openContext(options), mirror, stack);
  printReport(report, options, renderParity);
  return report.undeclared.length === 0 ? 0 : 1;
}
