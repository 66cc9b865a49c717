import { canonicalJson, isObject, type JsonObject, sha256 } from "./json.ts";
import type { Release } from "./schema/manifest.ts";
import type { Module } from "./schema/module.ts";

type Tree = { [key: string]: unknown };

/** Later trees win, key by key; a list is replaced as a whole, as Helm does it. */
export function mergeValues(...trees: readonly JsonObject[]): JsonObject {
  const merged: Tree = {};
  for (const tree of trees) {
    for (const [key, value] of Object.entries(tree)) {
      const before = merged[key];
      merged[key] =
        isObject(before) && isObject(value) ? mergeValues(before as JsonObject, value as JsonObject) : value;
    }
  }
  return merged as JsonObject;
}

/** A tree with nothing but `value` at a dotted path, to be merged into another. */
function at(path: string, value: unknown): JsonObject {
  return path.split(".").reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as JsonObject;
}

/** `repository@sha256:…`: an image as nothing but its bytes can satisfy it. */
export function imageRef(image: { readonly repository: string; readonly digest: string }): string {
  return `${image.repository}@${image.digest}`;
}

/** The values through which a chart takes the images of a release. */
export function imageValues(module: Module, release: Release): JsonObject {
  const slots = Object.entries(module.images).flatMap(([name, slot]) => {
    const image = release.manifest.images[name];
    if (image === undefined || slot.path === undefined) return [];
    const tag = `${release.manifest.version.replace("+", "_")}@${image.digest}`;
    const forms = {
      ref: imageRef(image),
      "repo+tag": { repository: image.repository, tag },
      digest: { repository: image.repository, digest: image.digest },
    };
    return [at(slot.path, forms[slot.form])];
  });
  return mergeValues(...slots);
}

/** The values that tell a service which version of some content to serve to whom. */
export function contentValues(
  module: Module,
  versionOf: (contentModule: string) => { readonly stable: string; readonly canary?: string },
): JsonObject {
  const slots = Object.entries(module.content).map(([name, slot]) => {
    const { stable, canary } = versionOf(name);
    return at(slot.path, {
      [slot.stable]: stable,
      ...(slot.canary === undefined ? {} : { [slot.canary]: canary ?? "none" }),
    });
  });
  return mergeValues(...slots);
}

/** Annotations on a chart's Pods that name the release: label values end at 63 characters, these do not. */
export function annotationValues(module: Module, release: Release): JsonObject {
  return module.annotations === undefined ? {} : at(module.annotations, releaseAnnotations(module.name, release));
}

/** What an object in a cluster says of the release that it belongs to. */
export function releaseAnnotations(module: string, release: Release): Record<string, string> {
  return {
    "imprimatur.dev/release": `${module} ${release.manifest.version}`,
    "imprimatur.dev/manifest-digest": release.manifestDigest,
    "imprimatur.dev/channel": release.manifest.channel,
  };
}

/** Keys of chart values that are operational: changing one is no new configuration. */
const OPERATIONAL = new Set(["replicaCount", "replicas"]);

/**
 * SHA-256 of the RFC 8785 JSON of a module's chart values in a stack, without what is operational.
 * It voids votes and names slots, so pins and replicas are not part of it: images are merged in afterwards.
 */
export function configHash(configured: JsonObject): string {
  return sha256(canonicalJson(withoutOperational(configured)));
}

function withoutOperational(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutOperational);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([key]) => !OPERATIONAL.has(key));
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutOperational(inner)]));
}
