import { InputError, refuseInput } from "../../release/errors.ts";
import { type Brought, broughtBy, LOG_FORMAT, readLog } from "../../release/notes/commits.ts";
import { parseFile } from "../../release/parse.ts";
import { ModuleFile } from "../../release/schema/module.ts";
import { git, openRepository } from "../../store/git.ts";
import type { Context } from "../context.ts";
import { commitAt, type SourceRepository } from "../tag/source.ts";

/** What changed in a source repository from one commit to another. */
export interface SourceHistory {
  /** What came, newest first. */
  readonly brought: readonly Brought[];
  /** What the older had and the newer has not: something, where the newer is not built on the older. */
  readonly lost: readonly Brought[];
}

/**
 * Reads the main line of a history: a merged branch is one change, whatever it consists of.
 * @param path only what concerns this folder, where several modules share a repository
 * @throws InputError where the clone lacks one of the commits
 */
export function readHistory(
  source: SourceRepository,
  from: string,
  to: string,
  path: string | undefined,
): SourceHistory {
  for (const commit of [from, to]) {
    if (commitAt(source, commit) !== undefined) continue;
    refuseInput({ file: "--repo", path: "", message: `has no commit ${commit}; fetch it`, value: source.root });
  }
  const between = (a: string, b: string) => {
    const log = ["log", "--first-parent", `--format=${LOG_FORMAT}`, `${a}..${b}`, "--", ...(path ? [path] : [])];
    return readLog(source.run(log)).map(broughtBy);
  };
  return { brought: between(from, to), lost: between(to, from) };
}

/**
 * A module's file as it was when a release of it was cut, as far as the platform's own history tells: undefined where the
 * checkout is in no repository, or has not committed the manifest yet.
 */
export function moduleWhenCut({ root, catalogue }: Context, module: string, version: string): ModuleFile | undefined {
  const path = catalogue.releasePath(module, version);
  const log = git(root, ["log", "--diff-filter=A", "--format=%H", "-1", "--", path]);
  const commit = log.ok ? log.stdout.toString("utf8").trim() : "";
  const repository = openRepository(root);
  if (commit === "" || "reason" in repository) return undefined;
  try {
    return parseFile(repository.filesAt(commit), `catalog/modules/${module}.yaml`, ModuleFile);
  } catch (error) {
    // The file may have been written in a form of its own time.
    if (error instanceof InputError) return undefined;
    throw error;
  }
}
