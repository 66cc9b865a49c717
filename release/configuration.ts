import { type CanaryPlan, canaryPlan } from "./canary/plan.ts";
import type { JsonObject } from "./json.ts";
import type { Module } from "./schema/module.ts";
import type { StackSettings } from "./schema/stack.ts";
import { configHash, mergeValues } from "./values.ts";

/** A module as a stack configures it: what its votes are bound to. */
export interface Configuration {
  /** Chart values of catalogue and stack, without what a release or an operator adds. */
  readonly values: JsonObject;
  /** Absent where the module has no canaries. */
  readonly canary?: CanaryPlan;
  readonly configHash: string;
}

/** How a stack configures a module. */
export function configurationOf(
  modules: ReadonlyMap<string, Module>,
  module: Module,
  settings: Pick<StackSettings, "imprimatur:values" | "imprimatur:canaries">,
): Configuration {
  const values = configuredIn(module, settings);
  const canary = canaryPlan(modules, module, settings["imprimatur:canaries"][module.name]);
  return { values, ...(canary === undefined ? {} : { canary }), configHash: configHash(values, canary) };
}

/** The chart values of catalogue and stack. */
export function configuredIn(module: Module, settings: Pick<StackSettings, "imprimatur:values">): JsonObject {
  return mergeValues(module.values as JsonObject, (settings["imprimatur:values"][module.name] ?? {}) as JsonObject);
}
