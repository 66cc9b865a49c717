import semver from "semver";
import type { ModuleFile } from "./schema/module.ts";

/** How a module writes its versions. Versions are ordered within one scheme only. */
export type VersionScheme = ModuleFile["versions"];

const DAY = 86_400_000;

/** What each scheme looks like, for messages. */
export const SCHEME_EXAMPLES: Record<VersionScheme, string> = {
  semver: "1.2.3 or 1.3.0-edge.4",
  "release-commit": "<module>-1-2-3-<commit> or 1.2.3+<commit>",
  mission: "roman-12.0.0",
  dated: "w_2026_30 or d_2026_07_24",
};

/**
 * The one way to write a version: `billing-1-2-3-3f9c2d1` becomes `1.2.3+3f9c2d1`.
 * Undefined where the text is no version of the scheme.
 */
export function normalizeVersion(scheme: VersionScheme, module: string, text: string): string | undefined {
  if (scheme === "release-commit") {
    const parts = text.startsWith(`${module}-`) ? text.slice(module.length + 1).split("-") : [];
    const [major, minor, release, commit] = parts;
    const candidate = parts.length === 4 ? `${major}.${minor}.${release}+${commit}` : text;
    return /^\d+\.\d+\.\d+\+[0-9a-f]{7,40}$/.test(candidate) && semver.valid(candidate) ? candidate : undefined;
  }
  return rank(scheme, text) === undefined ? undefined : text;
}

/**
 * Negative where `a` is older than `b`. Zero where the scheme does not order them:
 * two builds of `1.2.3` from different commits are ordered by ancestry, which only a repository knows.
 * @throws RangeError if either is no version of the scheme
 */
export function compareVersions(scheme: VersionScheme, a: string, b: string): number {
  const [left, right] = [rank(scheme, a), rank(scheme, b)];
  if (left === undefined || right === undefined) {
    throw new RangeError(`${left === undefined ? a : b} is no ${scheme} version`);
  }
  return typeof left === "number" && typeof right === "number"
    ? left - right
    : semver.compare(left as semver.SemVer, right as semver.SemVer);
}

/** Whether a version lies in a range: a SemVer range, or for dated versions comparators such as `>=w_2026_20`. */
export function satisfiesRange(scheme: VersionScheme, version: string, range: string): boolean {
  const ranked = rank(scheme, version);
  if (ranked === undefined) return false;
  if (range.trim() === "*") return true;
  if (typeof ranked !== "number") return semver.satisfies(ranked, range, { includePrerelease: true });
  return range.split(/\s+/).every((comparator) => {
    const [, operator = "", bound = ""] = /^(>=|<=|>|<|=?)(.+)$/.exec(comparator) ?? [];
    const limit = rank(scheme, bound);
    if (typeof limit !== "number") return false;
    const gap = ranked - limit;
    return { ">=": gap >= 0, "<=": gap <= 0, ">": gap > 0, "<": gap < 0, "=": gap === 0, "": gap === 0 }[operator];
  });
}

/** Whether a range can be read at all in a scheme. */
export function isRange(scheme: VersionScheme, range: string): boolean {
  if (range.trim() === "*") return true;
  if (scheme !== "dated") return semver.validRange(range) !== null;
  return range.split(/\s+/).every((part) => rank(scheme, part.replace(/^(>=|<=|>|<|=)/, "")) !== undefined);
}

/** A value that orders versions within their scheme. */
function rank(scheme: VersionScheme, text: string): semver.SemVer | number | undefined {
  switch (scheme) {
    case "semver":
    case "release-commit":
      return semver.parse(text) ?? undefined;
    case "mission":
      return semver.parse(/^[a-z]+-(\d+\.\d+\.\d+)$/.exec(text)?.[1] ?? "") ?? undefined;
    case "dated":
      return dayOf(text);
  }
}

/** Days since 1970 of a dated version; a weekly one counts as the Monday of its ISO 8601 week. */
function dayOf(text: string): number | undefined {
  const daily = /^d_(\d{4})_(\d{2})_(\d{2})$/.exec(text);
  if (daily) {
    const [year, month, day] = daily.slice(1).map(Number) as [number, number, number];
    const date = new Date(Date.UTC(year, month - 1, day));
    return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() / DAY : undefined;
  }
  const weekly = /^w_(\d{4})_(\d{2})$/.exec(text);
  if (!weekly) return undefined;
  const [year, week] = weekly.slice(1).map(Number) as [number, number];
  // 4 January always lies in week 1 (ISO 8601), so does the Monday before it.
  const fourth = Date.UTC(year, 0, 4) / DAY;
  const firstMonday = fourth - ((new Date(fourth * DAY).getUTCDay() + 6) % 7);
  return week >= 1 && week <= 53 ? firstMonday + (week - 1) * 7 : undefined;
}
