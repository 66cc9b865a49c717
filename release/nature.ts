import semver from "semver";
import { canonicalJson } from "./json.ts";
import { NATURES, type Nature } from "./schema/formality.ts";
import type { Release } from "./schema/manifest.ts";
import type { VersionScheme } from "./versions.ts";

/**
 * The nature of the change from one release to another, derived from what differs.
 * The heaviest of: the version step, what the artifacts say, and whether the configuration changed.
 * A module that was not there before is a `feature`.
 */
export function natureOf(
  before: Release | undefined,
  after: Release,
  scheme: VersionScheme,
  configChanged: boolean,
): Nature {
  if (before === undefined) return "feature";
  const found = [artifactNature(before, after, scheme), configChanged ? "infrastructure" : "cosmetic"] as const;
  return heaviest(found);
}

/** The heaviest of some natures; `cosmetic` where there is none. */
function heaviest(natures: readonly Nature[]): Nature {
  return NATURES[Math.max(0, ...natures.map((nature) => NATURES.indexOf(nature)))] as Nature;
}

function artifactNature(before: Release, after: Release, scheme: VersionScheme): Nature {
  const differs = (part: "chart" | "images" | "content") =>
    canonicalJson(before.manifest[part] ?? null) !== canonicalJson(after.manifest[part] ?? null);
  if (differs("images")) return stepNature(before.manifest.version, after.manifest.version, scheme);
  // The same images in another chart: how they run has changed, not what they are.
  if (differs("chart")) return "infrastructure";
  return differs("content") ? "content" : "cosmetic";
}

/** What a version step promises (SemVer 2.0.0). Dated versions promise nothing, so each of them is a feature. */
function stepNature(before: string, after: string, scheme: VersionScheme): Nature {
  if (scheme === "dated") return "feature";
  const core = (version: string) => semver.parse(scheme === "mission" ? version.replace(/^[a-z]+-/, "") : version);
  const [a, b] = [core(before), core(after)];
  if (a === null || b === null || a.major !== b.major) return "breaking";
  // Before 1.0.0 anything may change with a minor step.
  if (a.minor !== b.minor) return a.major === 0 ? "breaking" : "feature";
  return "patch";
}
