import { isObject } from "./json.ts";
import type { FlagDeclaration, FlagSetting } from "./schema/flags.ts";
import { isUnknown } from "./unknown.ts";

/** Whom a flag is on for. `unclear` where its value is not known yet, or is none that this code reads. */
type Exposure = "nobody" | "some" | "everybody" | "unclear";

/** A flag as some resource sets it. */
export interface FlagUse {
  /** Undefined where a part of the object that may set flags cannot be known yet. */
  readonly flag: string | undefined;
  readonly path: string;
  readonly exposure: Exposure;
  /** The sites that have opted in, each with the last day of it. */
  readonly sites: Readonly<Record<string, string>>;
}

/** What people read beside a flag where it is switched at once. */
export function flagText({ description, owner }: Pick<FlagDeclaration, "description" | "owner">): string {
  return `${description} (owner: ${owner})`;
}

/** When the last day of a flag is over, wherever on earth it still is that day. */
export function endOfDay(date: string): Date {
  return new Date(Date.parse(`${date}T00:00:00-12:00`) + 86_400_000);
}

/**
 * The value of a flag's environment variable: `true`, `false`, `percentage:25` or `sites:<site>@<last day>,…`, so that a
 * service can end an opt-in by itself. {@link flagUses} reads it back.
 */
export function flagValue(setting: FlagSetting): string {
  if (setting === "on") return "true";
  if (setting === "off") return "false";
  if ("percentage" in setting) return `percentage:${setting.percentage}`;
  const sites = Object.entries(setting.sites).sort(([a], [b]) => (a < b ? -1 : 1));
  return `sites:${sites.map(([site, until]) => `${site}@${until}`).join(",")}`;
}

const ON = new Set(["true", "on", "1", "yes", "enabled"]);
const OFF = new Set(["false", "off", "0", "no", "disabled", ""]);

/** Whom a value switches a feature on for: what {@link flagValue} writes, and the usual words for on and off. */
function exposureOf(value: unknown): Exposure {
  if (isUnknown(value) || !["string", "boolean", "number"].includes(typeof value)) return "unclear";
  const text = String(value).trim().toLowerCase();
  if (ON.has(text)) return "everybody";
  if (OFF.has(text)) return "nobody";
  if (/^sites:./.test(text)) return "some";
  const [, share] = /^percentage:(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (share === undefined) return "unclear";
  return Number(share) >= 100 ? "everybody" : Number(share) > 0 ? "some" : "nobody";
}

function sitesOf(value: unknown): Record<string, string> {
  const [, list = ""] = /^sites:(.*)$/.exec(typeof value === "string" ? value.trim() : "") ?? [];
  const pairs = list.split(",").map((item) => item.trim().split("@") as [string, string?]);
  return Object.fromEntries(pairs.flatMap(([site, until]) => (until === undefined ? [] : [[site, until]])));
}

const FLAG = /^FEATURE_/;

/** Keys on the way to flags: if one is unknown, so are the flags. */
const WAY_KEYS = new Set(["spec", "template", "jobTemplate", "containers", "initContainers", "env", "data", "values"]);

/**
 * Every flag that an object sets: environment variables of containers, entries of a ConfigMap, chart values. It looks at
 * names and not at a table of kinds: a key `FEATURE_X`, or an item `{ name: FEATURE_X, value }` of a list.
 */
export function flagUses(value: unknown, path = ""): FlagUse[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => flagUses(item, `${path}[${index}]`));
  if (!isObject(value)) return [];
  const { name } = value;
  if (typeof name === "string" && FLAG.test(name) && ("value" in value || "valueFrom" in value)) {
    return [{ flag: name, path, exposure: exposureOf(value.value), sites: sitesOf(value.value) }];
  }
  return Object.entries(value).flatMap(([key, inner]) => {
    const at = path === "" ? key : `${path}.${key}`;
    if (WAY_KEYS.has(key) && isUnknown(inner)) return [{ flag: undefined, path: at, exposure: "unclear", sites: {} }];
    return FLAG.test(key)
      ? [{ flag: key, path: at, exposure: exposureOf(inner), sites: sitesOf(inner) }]
      : flagUses(inner, at);
  });
}
