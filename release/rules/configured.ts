import { isObject, type JsonObject } from "../json.ts";
import type { Release } from "../schema/manifest.ts";
import type { Module } from "../schema/module.ts";
import {
  annotationValues,
  configHash,
  contentValues,
  flagValues,
  imageValues,
  mergeValues,
  valuesHash,
} from "../values.ts";
import type { Violation } from "../verdict.ts";
import type { Judges } from "./allowed.ts";

/**
 * A release is configured as its votes and its blessing say: with the values that catalogue and stack file give, and no
 * other. Content versions, flags and replicas may differ: they are operational. Nothing is said where no stack file is
 * at hand, as in another project.
 * @param claimed the configHash that a component of ours claims
 */
export function judgeConfigured(
  module: Module,
  release: Release,
  given: { readonly values: unknown; readonly claimed?: string },
  { configuredAs, configuredBefore, pulledFrom, stack }: Judges,
): Violation[] {
  const configured = configuredAs(module);
  if (configured === undefined) return [];
  const file = `Pulumi.${stack.name}.yaml`;
  const remedy = `set values under imprimatur:values.${module.name} of ${file}, and have that blessed`;
  if (given.claimed !== undefined && given.claimed !== configHash(configured)) {
    const message = `it claims another configuration of ${module.name} than the catalogue and ${file} give`;
    return [{ message, remedy }];
  }
  const { values } = given;
  const hash = isObject(values) ? valuesHash(module, values as JsonObject) : undefined;
  const expected = (own: JsonObject) =>
    mergeValues(
      own,
      contentValues(module, () => ({ stable: "none" })),
      flagValues(module, {}),
      imageValues(module, release, pulledFrom),
      annotationValues(module, release),
    );
  // A slot that stays keeps the values that it was made with; whether it ever ran with them is judged where it is claimed.
  const before = module.strategy === "slot" ? configuredBefore(module) : undefined;
  if ([configured, ...(before ? [before] : [])].some((own) => valuesHash(module, expected(own)) === hash)) return [];
  const message = `its values are not those that the catalogue and ${file} give ${module.name}, so they are not what was blessed`;
  return [{ message, remedy }];
}
