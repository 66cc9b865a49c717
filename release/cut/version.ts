import semver from "semver";
import { compareChannels } from "../channels.ts";
import { refuseInput } from "../errors.ts";
import type { Channel } from "../schema/common.ts";
import type { Module } from "../schema/module.ts";
import { normalizeVersion, SCHEME_EXAMPLES } from "../versions.ts";

/** How much of a commit id a version bears where it is made up here. */
const COMMIT_DIGITS = 7;

/** A version that a module has already. */
export interface KnownVersion {
  readonly version: string;
  readonly channel: Channel;
}

/**
 * Reads the version of a release to cut, in the one way that it is written: `billing-1-2-3-3f9c2d1` becomes `1.2.3+3f9c2d1`.
 * @throws InputError where it is none of the module's scheme, or names another commit than is cut from
 */
export function readVersion(module: Module, text: string, commit: string | undefined): string {
  const place = { file: "<version>", path: "", value: text };
  const version = normalizeVersion(module.versions, module.name, text);
  // The version becomes a file name.
  if (version === undefined || !/^[A-Za-z0-9_][\w.+-]*$/.test(version)) {
    const example = SCHEME_EXAMPLES[module.versions].replace("<module>", module.name);
    return refuseInput({ ...place, message: `is no ${module.versions} version, such as ${example}` });
  }
  const sha = module.versions === "release-commit" ? (version.split("+")[1] ?? "") : "";
  if (commit !== undefined && !commit.startsWith(sha)) {
    refuseInput({ ...place, message: `names commit ${sha}, and --commit is ${commit}` });
  }
  return version;
}

/**
 * The version of an edge build that nobody has named. What is built lies ahead of the newest release: its next patch, or
 * the version that earlier builds are on the way to. A dated one is that of the day, in UTC.
 * Undefined where the scheme leaves that to people.
 */
export function nextEdgeVersion(
  module: Pick<Module, "versions">,
  known: readonly KnownVersion[],
  commit: string,
  now: Date,
): string | undefined {
  switch (module.versions) {
    case "mission":
      return undefined;
    case "dated":
      return `d_${now.toISOString().slice(0, 10).replaceAll("-", "_")}`;
    case "release-commit":
      return `${target(known, ({ channel }) => compareChannels(channel, "edge") > 0)}+${commit.slice(0, COMMIT_DIGITS)}`;
    case "semver": {
      const base = target(known, ({ version }) => semver.prerelease(version) === null);
      const numbers = known.flatMap(({ version }) => edgeNumber(version, base) ?? []);
      return `${base}-edge.${Math.max(0, ...numbers) + 1}`;
    }
  }
}

/** `major.minor.patch` that builds are on the way to. */
function target(known: readonly KnownVersion[], isReleased: (known: KnownVersion) => boolean): string {
  const cores = known.flatMap((entry) => {
    const parsed = semver.parse(entry.version);
    if (parsed === null) return [];
    const core = new semver.SemVer(`${parsed.major}.${parsed.minor}.${parsed.patch}`);
    return [isReleased(entry) ? core.inc("patch") : core];
  });
  return semver.rsort(cores)[0]?.version ?? "0.0.1";
}

function edgeNumber(version: string, base: string): number | undefined {
  const parsed = semver.parse(version);
  const [label, number] = parsed?.prerelease ?? [];
  const isOfBase = parsed !== null && `${parsed.major}.${parsed.minor}.${parsed.patch}` === base;
  return isOfBase && label === "edge" && typeof number === "number" ? number : undefined;
}
