import type { Problem } from "./errors.ts";
import type { JsonObject } from "./json.ts";
import type { PlatformModule } from "./platform.ts";
import type { Release } from "./schema/manifest.ts";
import type { Module } from "./schema/module.ts";
import type { StackSettings } from "./schema/stack.ts";
import { type Slot, slotName } from "./slots.ts";
import { configHash, mergeValues, valueAt } from "./values.ts";

/** Chart values of a release, complete, from those that it is configured with. */
export type ValuesOf = (release: Release, configured: JsonObject) => JsonObject;

/**
 * The slots of a module, the current one first. The previous one is made with the values that it had, as far as the stack
 * says that they were others, and scaled down where the module says how.
 * @param configured what the module is configured with now
 */
export function slotsOf(
  entry: PlatformModule,
  configured: JsonObject,
  settings: StackSettings,
  valuesOf: ValuesOf,
): Slot[] {
  const { module, current, canary, previous } = entry;
  const population = canary?.population ?? 0;
  const slot = (role: Slot["role"], release: Release, own: JsonObject, weight: number): Slot => {
    const hash = configHash(own);
    return { name: slotName(release, hash), role, release, configHash: hash, values: valuesOf(release, own), weight };
  };
  const slots = [
    slot("current", current, configured, 100 - population),
    ...(canary === undefined ? [] : [slot("canary", canary.release, configured, population)]),
  ];
  if (previous === undefined) return slots;
  const before = (settings["imprimatur:previousValues"][module.name] as JsonObject | undefined) ?? configured;
  const kept = slot("previous", previous, before, 0);
  const idle = module.scaleDown === undefined ? {} : valueAt(module.scaleDown, 0);
  const known = slots.some(({ name }) => name === kept.name);
  return known ? slots : [...slots, { ...kept, values: mergeValues(kept.values, idle) }];
}

/** Traffic has to come from somewhere to move to another slot, and moves nowhere else. */
export function checkRoute(module: Module, settings: StackSettings, file: string): Problem[] {
  const path = `config.imprimatur:routes.${module.name}`;
  const given = settings["imprimatur:routes"][module.name] !== undefined;
  if (module.strategy === "slot" && !given) {
    return [{ file, path, message: `must say which gateway the traffic of ${module.name} comes from` }];
  }
  if (module.strategy === "slot" || !given) return [];
  return [
    { file, path, message: `${module.name} has the strategy ${module.strategy}, so nothing routes to its slots` },
  ];
}
