import type { Catalogue } from "../catalogue.ts";
import { refuseInput } from "../errors.ts";
import { resolvePin } from "../pins.ts";
import type { Release } from "../schema/manifest.ts";
import type { Module } from "../schema/module.ts";
import type { StackSettings } from "../schema/stack.ts";
import { canaryPlan, checkCanarySetting } from "./plan.ts";

/** A release that some users get. */
export interface PlatformCanary {
  readonly release: Release;
  /** Percent. Always 0 where Unleash holds it. */
  readonly population: number;
}

/** The canary that the stack file names. @throws InputError where the module can have none, or this is none of its releases */
export function readCanary(
  catalogue: Catalogue,
  module: Module,
  settings: StackSettings,
  file: string,
): { readonly canary?: PlatformCanary } {
  const setting = settings["imprimatur:canaries"][module.name];
  if (setting === undefined) return {};
  const place = { file, path: `config.imprimatur:canaries.${module.name}` };
  const plan = canaryPlan(catalogue.modules, module, setting);
  checkCanarySetting(plan, module, setting, place);
  if (setting.release === undefined) return {};
  if (plan.carrier === "unleash" && settings["imprimatur:unleash"] === undefined) {
    const message = `is missing, and would hold the population of ${module.name}`;
    refuseInput({ file, path: "config.imprimatur:unleash", message });
  }
  const release = resolvePin(catalogue, module, setting.release, { file, path: `${place.path}.release` });
  return { canary: { release, population: setting.population ?? 0 } };
}
