import { availableParallelism } from "node:os";
import type { Engine, PreviewOptions, StackInput, StackResult } from "./engine.ts";
import { mergeFailures, settle } from "./failure.ts";
import { type Pack, startPack } from "./pack.ts";
import { runProgram } from "./program.ts";
import { readProject } from "./project.ts";
import { inTurns } from "./turns.ts";

/**
 * Previews without the Pulumi CLI, an account or a cluster: programs run against a recording monitor, and the policy
 * pack judges what they register. There is no provider and no state: it shows what is wanted, never what is there.
 */
export const offlineEngine: Engine = { name: "offline", preview };

/** How the Pulumi CLI tells a policy pack that it judges a preview. */
const PREVIEW = { PULUMI_NODEJS_DRY_RUN: "true" };

async function preview(stacks: readonly StackInput[], options: PreviewOptions): Promise<readonly StackResult[]> {
  const project = readProject(options.root);
  const { pack: source, env = {}, onProgress } = options;
  // The pack starts while the programs run; every stack waits for the same one.
  const pack: Promise<Pack> | undefined =
    source === undefined ? undefined : startPack(source, options.root, { ...env, ...PREVIEW });
  // Every stack awaits it, but maybe later than it fails.
  pack?.catch(() => undefined);

  const previewStack = async (stack: StackInput): Promise<StackResult> => {
    onProgress?.(stack.name, "program");
    const { plan, raw, unjudged, log } = await runProgram(project, stack, env);
    onProgress?.(stack.name, "policies");
    const verdicts = (await (await pack)?.judge(raw)) ?? [];
    onProgress?.(stack.name, "done");
    return { stack: stack.name, plan, verdicts, unjudged, log };
  };

  // Two at a time even on one processor: a program mostly waits.
  const limit = Math.max(2, availableParallelism());
  const settled = await inTurns(limit, stacks, (stack) => settle(previewStack(stack)));
  const failures = settled.flatMap((outcome) => ("error" in outcome ? [outcome.error] : []));
  const packFailure = await settle(Promise.resolve(pack).then((started) => started?.stop()));
  if ("error" in packFailure) failures.push(packFailure.error);
  if (failures.length > 0) throw mergeFailures(failures);
  return settled.flatMap((outcome) => ("value" in outcome ? [outcome.value] : []));
}
