import { prettyJson } from "../../release/json.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { compareStacks, renderParity } from "../environments/parity.ts";
import { createStyle, wantsColour } from "../render/style.ts";
import { type ExitCode, examples, runsVerb, type Verb } from "../verb.ts";

interface ParityOptions extends GlobalOptions {
  readonly json?: boolean;
}

const WIDTH = 120;

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
  const style = createStyle(wantsColour(process.stdout, options.color));
  const text = options.json ? prettyJson(report) : renderParity(report, style, process.stdout.columns ?? WIDTH);
  process.stdout.write(text);
  return report.undeclared.length === 0 ? 0 : 1;
}
