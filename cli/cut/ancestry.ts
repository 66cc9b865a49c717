import { refuseInput } from "../../release/errors.ts";
import type { Release } from "../../release/schema/manifest.ts";
import type { Module } from "../../release/schema/module.ts";
import { compareVersions } from "../../release/versions.ts";
import { openRepository } from "../../store/git.ts";
import { Refusal } from "../approve/outcome.ts";

/**
 * Orders two commits by ancestry: negative where `a` is in the history of `b`, positive the other way round, zero where
 * they are the same. Undefined where neither is an ancestor of the other.
 * @param directory a local clone that has both
 * @throws InputError where it is no clone, or lacks one of them
 */
export function orderByAncestry(a: string, b: string, directory: string): number | undefined {
  const repository = openRepository(directory);
  if ("reason" in repository) {
    refuseInput({ file: "--repo", path: "", message: `cannot be read: ${repository.reason}`, value: directory });
  }
  for (const commit of [a, b]) {
    if (repository.commitOf(commit) !== commit) {
      refuseInput({ file: "--repo", path: "", message: `has no commit ${commit}; fetch it`, value: directory });
    }
  }
  if (a === b) return 0;
  // Of two commits of which one is the other's ancestor, the merge base is that ancestor.
  const base = repository.mergeBase(a, b);
  return base === a ? -1 : base === b ? 1 : undefined;
}

/**
 * Releases whose versions the scheme does not order (`1.2.3+<commit>`) follow one another in the history of their source.
 * @throws Refusal where what is cut is not built on all of them
 */
export function checkAncestry(
  module: Module,
  releases: readonly Release[],
  version: string,
  commit: string,
  directory: string,
): void {
  for (const { manifest } of releases) {
    if (manifest.version === version || compareVersions(module.versions, manifest.version, version) !== 0) continue;
    const order = orderByAncestry(manifest.commit, commit, directory);
    if (order === undefined || order > 0) {
      throw new Refusal(`${version} is not built on ${manifest.version}, which equals it but for the commit`, [
        `merge ${manifest.commit} into what is built, or raise the version`,
      ]);
    }
  }
}
