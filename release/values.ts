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

/** A tree with nothing but `value` at a dotted path, to be merged into another. */
export function valueAt(path: string, value: unknown): JsonObject {
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
    return [valueAt(slot.path, forms[slot.form])];
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
    return valueAt(slot.path, {
      [slot.stable]: stable,
      ...(slot.canary === undefined ? {} : { [slot.canary]: canary ?? "none" }),
    });
  });
  return mergeValues(...slots);
}

/** Flags as a ConfigMap whose entries become environment variables. */
export interface FlagConfig {
  /** It ends with a hash of the data: other settings are another ConfigMap, so that Pods start anew with it. */
  readonly name: string;
  readonly data: Readonly<Record<string, string>>;
}

type FlagSettings = Readonly<Record<string, FlagSetting>>;

/** By name, the value of every flag that a service reads when it starts: off where the stack says nothing. */
function flagData({ flags }: Module, settings: FlagSettings): Record<string, string> {
  const atStart = Object.entries(flags).filter(([, { live }]) => !live);
  return Object.fromEntries(atStart.map(([flag]) => [flag, flagValue(settings[flag] ?? "off")]));
}

/** The ConfigMap of a module's flags; undefined where its chart takes none. */
export function flagConfig(module: Module, settings: FlagSettings): FlagConfig | undefined {
  const data = flagData(module, settings);
  if (module.flagsFrom === undefined || Object.keys(data).length === 0) return undefined;
  return { name: `${module.name}-flags-${sha256(canonicalJson(data)).slice(0, 8)}`, data };
}

/** The values through which a chart takes a module's flags: themselves, the ConfigMap that has them, or both. */
export function flagValues(module: Module, settings: FlagSettings): JsonObject {
  const data = flagData(module, settings);
  const config = flagConfig(module, settings);
  return mergeValues(
    module.flagsPath === undefined || Object.keys(data).length === 0 ? {} : valueAt(module.flagsPath, data),
    module.flagsFrom === undefined || config === undefined
      ? {}
      : valueAt(module.flagsFrom, [{ configMapRef: { name: config.name } }]),
  );
}

/**
 * SHA-256 of all the values that a chart is rendered with, without what is operational: replicas, flags, and the
 * versions of the content that a service downloads. What has the same one leads to the same images.
 */
export function valuesHash(module: Module, values: JsonObject): string {
  const versions = Object.values(module.content).flatMap(({ stable, canary }) => [stable, canary ?? stable]);
  const keys = new Set([...OPERATIONAL, ...versions, ...Object.keys(module.flags)]);
  const kept = module.flagsFrom === undefined ? values : withoutPath(values, module.flagsFrom.split("."));
  return sha256(canonicalJson(withoutKeys(kept, keys)));
}

/** Annotations on a chart's Pods that name the release: label values end at 63 characters, these do not. */
export function annotationValues(module: Module, release: Release): JsonObject {
  return module.annotations === undefined ? {} : valueAt(module.annotations, releaseAnnotations(module.name, release));
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

function withoutPath(value: unknown, [key = "", ...rest]: readonly string[]): unknown {
  if (!isObject(value) || !(key in value)) return value;
  const { [key]: inner, ...others } = value;
  return rest.length === 0 ? others : { ...others, [key]: withoutPath(inner, rest) };
}

function withoutKeys(value: unknown, keys: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutKeys(item, keys));
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([key]) => !keys.has(key));
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutKeys(inner, keys)]));
}
