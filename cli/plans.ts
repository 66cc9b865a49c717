import type { StackInput } from "../engine/engine.ts";
import { planFile, planText } from "../release/plan.ts";
import type { Context } from "./context.ts";
import { chooseEngine } from "./engines.ts";
import { createProgress } from "./progress.ts";
import type { TextEdit } from "./writeAll.ts";

/** The plans that are out of date, as they have to be. They hold what is desired and no verdict, so no policy is asked. */
export async function stalePlans(
  { root, files }: Pick<Context, "root" | "files">,
  inputs: readonly StackInput[],
  engineName: string,
): Promise<TextEdit[]> {
  const { engine } = await chooseEngine(engineName, root);
  const progress = createProgress(process.stderr);
  const results = await engine.preview(inputs, { root, onProgress: progress.report }).finally(progress.finish);
  return results
    .map(({ stack, plan }) => {
      const path = planFile(stack);
      const bytes = files.read(path);
      const before = bytes === undefined ? undefined : new TextDecoder().decode(bytes);
      return { path, before, after: planText(plan) };
    })
    .filter(({ before, after }) => before !== after);
}
