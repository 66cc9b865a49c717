import { chmodSync } from "node:fs";
import { join, resolve } from "node:path";
import { Gate } from "../../release/gate.ts";
import { judgePlatform } from "../../release/rules/blessed.ts";
import { writeFileAtomically } from "../../store/write.ts";
import { type JudgingOptions, judgingInstant, withJudgingOptions } from "../approve/options.ts";
import { Refusal, reportOutcome } from "../approve/outcome.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { helmFiles } from "../export/helm.ts";
import { count } from "../render/text.ts";
import { readStacks } from "../stacks.ts";
import { type ExitCode, examples, runsVerb, type Verb } from "../verb.ts";

interface ExportOptions extends JudgingOptions, GlobalOptions {
  readonly helmValues: string;
  readonly out?: string;
  readonly json?: boolean;
}

export const exportVerb: Verb = (program) => {
  const command = program
    .command("export")
    .description("Write what a stack pins for deployers who run plain Helm: values files and commands")
    .requiredOption("--helm-values <stack>", "the stack; refused where something in it is not blessed for it")
    .option("--out <directory>", "where to (default: helm-<stack> in the working directory)");
  withJudgingOptions(command)
    .option("--json", "print the outcome as JSON (schemas/outcome.json)")
    .addHelpText("after", examples("export --helm-values prod", "export --helm-values canfar-b --out /tmp/canfar-b"))
    .action(runsVerb(run));
};

function run(_args: readonly string[], options: ExportOptions): Promise<ExitCode> {
  return reportOutcome("export", options, async () => {
    const context = openContext(options);
    const at = judgingInstant(context, options.at);
    const [read] = readStacks(context, [options.helmValues], []);
    if (read === undefined) throw new Error("no stack was read");
    const { platform } = read;
    const violations = judgePlatform(platform, new Gate(context.catalogue, context.files, at));
    if (violations.length > 0) {
      const next = violations.flatMap(({ remedy }) => (remedy === undefined ? [] : [remedy]));
      throw new Refusal(`${violations.map(({ message }) => message).join("\n")}\nNothing was written`, next);
    }
    const shown = options.out ?? `helm-${options.helmValues}`;
    const directory = resolve(shown);
    const files = helmFiles(platform);
    for (const [path, text] of files) {
      writeFileAtomically(join(directory, path), text);
    }
    chmodSync(join(directory, "upgrade.sh"), 0o755);
    return {
      headline: `✔ ${count(files.size - 1, "values file")} and upgrade.sh are in ${shown}`,
      written: [...files.keys()].map((path) => join(shown, path)),
      notes: [`next: ${join(shown, "upgrade.sh")} --kube-context <context>`],
    };
  });
}
