import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { StackInput, StackResult } from "../../engine/engine.ts";
import { EngineError } from "../../engine/failure.ts";
import { offlineEngine } from "../../engine/offline.ts";
import type { JsonObject } from "../../release/json.ts";
import type { PlannedResource } from "../../release/plan.ts";

export const FIXTURES = fileURLToPath(new URL("fixtures", import.meta.url));
export const PROJECT = `${FIXTURES}/project`;

/** The stack `dev` of the fixture project, running one of its cases. */
export function stackOf(name: string, more: Record<string, unknown> = {}): StackInput {
  const settings = { teams: ["skaha", "cavern"] };
  return { name: "dev", config: { "fixture:case": name, "fixture:settings": settings, ...more }, secretKeys: [] };
}

/** Previews a case, judged by the fixture pack where a configuration for it is given. */
export async function previewCase(name: string, packConfig?: JsonObject): Promise<StackResult> {
  const pack = packConfig === undefined ? {} : { pack: { directory: "../pack", config: packConfig } };
  const [result] = await offlineEngine.preview([stackOf(name)], { root: PROJECT, ...pack });
  if (result === undefined) throw new Error("a preview gives a result for each stack");
  return result;
}

/** The planned resource with a name. */
export function planned(result: StackResult, name: string): PlannedResource {
  const found = result.plan.resources.find((resource) => resource.name === name);
  if (found === undefined) throw new Error(`the plan has no ${name}`);
  return found;
}

/** The error that some work ends with. */
export async function failureOf(work: Promise<unknown>): Promise<EngineError> {
  const outcome = await work.then(
    () => "success",
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(EngineError);
  return outcome as EngineError;
}
