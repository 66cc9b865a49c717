import { flagValue } from "./flags.ts";
import { canonicalJson, isObject, type JsonObject, sha256 } from "./json.ts";
import type { FlagSetting } from "./schema/flags.ts";
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

/** The chart values of a module that people set: those of the catalogue, and a stack's own. Images and the like follow from pins. */
export function configuredValues(module: Module, stackValues: Readonly<Record<string, unknown>>): JsonObject {
  return mergeValues(module.values as JsonObject, (stackValues[module.name] ?? {}) as JsonObject);
}

/** A tree with nothing but `value` at a dotted path, to be merged into another. */
function at(path: string, value: unknown): JsonObject {
  return path.split(".").reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as JsonObject;
}

/** `repository@sha256:…`: an image as nothing but its bytes can satisfy it. */
export function imageRef(image: { readonly repository: string; readonly digest: string }): string {
  return `${image.repository}@${image.digest}`;
}

/**
 * The values through which a chart takes the images of a release.
 * @param pulledFrom where the stack pulls a repository of the catalogue from
 */
export function imageValues(module: Module, release: Release, pulledFrom: (repository: string) => string): JsonObject {
  const slots = Object.entries(module.images).flatMap(([name, slot]) => {
    const image = release.manifest.images[name];
    if (image === undefined || slot.path === undefined) return [];
    const { digest } = image;
    const repository = pulledFrom(image.repository);
    const forms = {
      ref: imageRef({ repository, digest }),
      "repo+tag": { repository, tag: `${release.manifest.version.replace("+", "_")}@${digest}` },
      digest: { repository, digest },
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

/** The values through which a chart takes a module's flags: every declared one, off where the stack says nothing. */
export function flagValues(module: Module, settings: Readonly<Record<string, FlagSetting>>): JsonObject {
  const { flags, flagsPath } = module;
  if (flagsPath === undefined || Object.keys(flags).length === 0) return {};
  return at(
    flagsPath,
    Object.fromEntries(Object.keys(flags).map((flag) => [flag, flagValue(settings[flag] ?? "off")])),
  );
}

/**
 * SHA-256 of all the values that a chart is rendered with, without what is operational: replicas, flags, and the
 * versions of the content that a service downloads. What has the same one leads to the same images.
 */
export function valuesHash(module: Module, values: JsonObject): string {
  const versions = Object.values(module.content).flatMap(({ stable, canary }) => [stable, canary ?? stable]);
  return sha256(
    canonicalJson(withoutKeys(values, new Set([...OPERATIONAL, ...versions, ...Object.keys(module.flags)]))),
  );
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
 * It voids votes and names slots, so pins, flags and replicas are not part of it: images and flags are merged in afterwards.
 */
export function configHash(configured: JsonObject): string {
  return sha256(canonicalJson(withoutKeys(configured, OPERATIONAL)));
}

function withoutKeys(value: unknown, keys: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutKeys(item, keys));
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([key]) => !keys.has(key));
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutKeys(inner, keys)]));
}
