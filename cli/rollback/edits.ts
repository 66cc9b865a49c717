import { planFile, planText } from "../../release/plan.ts";
import { writePins } from "../../release/promote.ts";
import type { Context } from "../context.ts";
import { chooseEngine } from "../engines.ts";
import { createProgress } from "../progress.ts";
import type { CheckedStack } from "../stacks.ts";
import type { JudgedStep } from "./judged.ts";

/** The change of a file that people read. */
export interface TextEdit {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string;
}

/** The plan and then the stack file as they have to be, where they are not so already: an update holds one against the other. */
export async function editsFor(
  { root, files }: Context,
  { platform, input }: CheckedStack,
  steps: readonly JudgedStep[],
  engineName: string,
): Promise<TextEdit[]> {
  const read = (path: string) => {
    const bytes = files.read(path);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  };
  const stackFile = `Pulumi.${platform.stack.name}.yaml`;
  const text = read(stackFile) ?? "";
  const pinned = steps.reduce((changed, { module, pins }) => writePins(changed, module, pins, stackFile), text);

  const pins = { ...platform.settings["imprimatur:modules"] };
  for (const step of steps) pins[step.module] = step.pins.filter((pin) => pin !== undefined);
  const { engine } = await chooseEngine(engineName, root);
  const progress = createProgress(process.stderr);
  const changed = { ...input, config: { ...input.config, "imprimatur:modules": pins } };
  const [result] = await engine.preview([changed], { root, onProgress: progress.report }).finally(progress.finish);
  if (result === undefined) throw new Error(`there is no plan of ${platform.stack.name}`);
  const file = planFile(platform.stack.name);
  const edits = [
    { path: file, before: read(file), after: planText(result.plan) },
    { path: stackFile, before: text, after: pinned },
  ];
  return edits.filter(({ before, after }) => before !== after);
}
