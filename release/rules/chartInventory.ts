import { readBlessingUri } from "../blessing.ts";
import { isObject, type JsonObject } from "../json.ts";
import type { Release } from "../schema/manifest.ts";
import type { Module } from "../schema/module.ts";
import type { Inventory } from "../schema/predicates.ts";
import { isUnknown } from "../unknown.ts";
import { valuesHash } from "../values.ts";
import type { Violation } from "../verdict.ts";
import type { Judges } from "./allowed.ts";
import { judgeImages } from "./blessedImages.ts";
import { evidenceOf } from "./evidenceOf.ts";

/** The type of evidence that says which images a chart leads to. */
export const IMAGE_INVENTORY = "image-inventory";

/**
 * The images that a chart leads to, with these values, are those of a signed inventory, and each may run in the stack.
 * Without an inventory a chart is refused where the stack asks for one.
 */
export function judgeInventory(release: Release, values: unknown, judges: Judges): Violation[] {
  const { catalogue, gate, stack } = judges;
  const { module: name, version } = release.manifest;
  const module = catalogue.module(name, { file: catalogue.releasePath(name, version), path: "module" });
  const { blessing } = gate.standingAnyhow(module, release, stack);
  const configHash = readBlessingUri(blessing?.predicate.resourceUri)?.configHash ?? "";
  const asked = gate
    .asked({ module, release, configHash }, stack)
    .evidence.some(({ type }) => type === IMAGE_INVENTORY);
  const inventories = inventoriesOf(module, release, judges);
  if (!asked && inventories.length === 0) return [];

  const remedy = `npx imprimatur inspect ${name} ${version} --for ${stack.name} --sign`;
  if (!isObject(values) || hasUnknown(values)) {
    if (!asked) return [];
    const message = "its values cannot all be known before an update, so the images that they lead to cannot be told";
    return [{ message, remedy: "write its values as plain config" }];
  }
  const inventory = inventories.find((found) => found.valuesHash === valuesHash(module, values as JsonObject));
  if (inventory !== undefined) return judgeImages(usesOf(inventory), judges);
  if (!asked) return [];
  const why =
    inventories.length === 0 ? "no image inventory is signed" : "no image inventory is signed for these values";
  return [{ message: `${stack.name} asks which images ${name} ${version} leads to, and ${why}`, remedy }];
}

/** What is signed of the chart of a release, rendered with the values of the stack: newest first. */
export function inventoriesOf(module: Module, release: Release, judges: Judges): Inventory[] {
  const { chart } = release.manifest;
  return evidenceOf(module, release, IMAGE_INVENTORY, judges)
    .filter(({ predicate }) => predicate.in === judges.stack.name)
    .flatMap(({ predicate }) => predicate.inventory ?? [])
    .filter((inventory) => (inventory.chart.digest ?? chart?.digest) === chart?.digest);
}

function usesOf({ images }: Inventory) {
  return images.map((image) => ({ path: "its image inventory", image }));
}

function hasUnknown(value: unknown): boolean {
  if (isObject(value) || Array.isArray(value)) return Object.values(value).some(hasUnknown);
  return isUnknown(value);
}
