import { isObject } from "../json.ts";
import { isUnknown } from "../unknown.ts";

/** Some named settings that stand together: environment variables of one container, entries of one object. */
export interface SettingsAt {
  readonly path: string;
  /** By name: the value as written, which may be unknown, or a symbol where it is hidden. */
  readonly settings: ReadonlyMap<string, unknown>;
}

/** Stands for a value that is in a Secret, or is made up by the cluster: it is no text. */
const HIDDEN = Symbol("hidden");

/**
 * Every place in an object where some of the given names are set: lists of `{name, value}`, as containers have them, and
 * objects with such keys, as ConfigMaps and chart values have them. A reference to a ConfigMap is passed over: that is
 * judged where it is declared.
 */
export function settingsIn(value: unknown, names: ReadonlySet<string>, path = ""): SettingsAt[] {
  const deeper = childrenOf(value, path).flatMap(([inner, at]) => settingsIn(inner, names, at));
  const own = Array.isArray(value) ? fromList(value, names) : isObject(value) ? fromObject(value, names) : [];
  return own.length === 0 ? deeper : [{ path, settings: new Map(own) }, ...deeper];
}

function childrenOf(value: unknown, path: string): [unknown, string][] {
  if (Array.isArray(value)) return value.map((item, index) => [item, `${path}[${index}]`]);
  if (!isObject(value)) return [];
  return Object.entries(value).map(([key, inner]) => [inner, path === "" ? key : `${path}.${key}`]);
}

function fromObject(value: Record<string, unknown>, names: ReadonlySet<string>): [string, unknown][] {
  return Object.entries(value).filter(([key]) => names.has(key));
}

function fromList(list: readonly unknown[], names: ReadonlySet<string>): [string, unknown][] {
  return list.flatMap((item): [string, unknown][] => {
    if (!isObject(item) || typeof item.name !== "string" || !names.has(item.name)) return [];
    if (item.valueFrom === undefined) return [[item.name, item.value]];
    const fromConfigMap = isObject(item.valueFrom) && "configMapKeyRef" in item.valueFrom;
    if (fromConfigMap) return [];
    return [[item.name, isUnknown(item.valueFrom) ? item.valueFrom : HIDDEN]];
  });
}

/** Keys on the way to settings: if one is unknown, so are they. */
const WAY_KEYS: ReadonlySet<string> = new Set([
  "spec",
  "template",
  "containers",
  "initContainers",
  "env",
  "data",
  "values",
]);

/** The places on the way to settings that cannot be known before an update. */
export function unknownPlaces(value: unknown, path = "", key = ""): string[] {
  if (isUnknown(value)) return WAY_KEYS.has(key) ? [path] : [];
  if (Array.isArray(value)) return value.flatMap((item, index) => unknownPlaces(item, `${path}[${index}]`, key));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([inner, child]) =>
    unknownPlaces(child, path === "" ? inner : `${path}.${inner}`, inner),
  );
}
