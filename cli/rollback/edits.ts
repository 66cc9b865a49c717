import { writePins } from "../../release/promote.ts";
import type { Context } from "../context.ts";
import { stalePlans } from "../plans.ts";
import type { CheckedStack } from "../stacks.ts";
import type { TextEdit } from "../writeAll.ts";
import type { JudgedStep } from "./judged.ts";

/** The plan and then the stack file as they have to be, where they are not so already: an update holds one against the other. */
export async function editsFor(
  context: Context,
  { platform, input }: CheckedStack,
  steps: readonly JudgedStep[],
  engineName: string,
): Promise<TextEdit[]> {
  const path = `Pulumi.${platform.stack.name}.yaml`;
  const before = new TextDecoder().decode(context.files.read(path));
  const after = steps.reduce((text, { module, pins }) => writePins(text, module, pins, path), before);

  const pins = { ...platform.settings["imprimatur:modules"] };
  for (const step of steps) pins[step.module] = step.pins.filter((pin) => pin !== undefined);
  const changed = { ...input, config: { ...input.config, "imprimatur:modules": pins } };
  const plans = await stalePlans(context, [changed], engineName);
  return before === after ? plans : [...plans, { path, before, after }];
}
