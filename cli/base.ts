import { nearestHint, refuseInput } from "../release/errors.ts";
import { Plan, planFile } from "../release/plan.ts";
import { openRepository, type Repository } from "../store/git.ts";

/** What a preview is compared with: the plans that were committed at one point of the history. */
export interface Base {
  /** Full commit id; absent where there is nothing to compare with. */
  readonly commit?: string;
  /** How it was chosen, or why there is none. */
  readonly reason: string;
  /** The plan that was committed there for a stack, or undefined where there is none that can be read. */
  readonly plan: (stack: string) => Plan | undefined;
}

/** Names that the main branch commonly has, the shared one before the local one. */
const MAIN_BRANCHES = ["origin/main", "main", "origin/HEAD", "origin/master", "master"];

/**
 * Finds the base of a checkout: the commit that `ref` names, or else the merge base of HEAD with the main branch.
 * Where the latter cannot be had, everything counts as new, and `reason` says why.
 * @throws InputError if `ref` names no commit
 */
export function findBase(root: string, ref: string | undefined): Base {
  const repository = openRepository(root);
  if ("reason" in repository) {
    if (ref === undefined) return nothing(repository.reason);
    refuseInput({ file: "--base", path: "", message: `cannot be read: ${repository.reason}`, value: ref });
  }
  if (ref === undefined) return mergeBase(repository);
  const commit = repository.commitOf(ref);
  if (commit === undefined) {
    const hint = nearestHint(ref, repository.refs());
    refuseInput({ file: "--base", path: "", message: "names no commit of this repository", value: ref, ...hint });
  }
  return at(repository, commit, ref);
}

function mergeBase(repository: Repository): Base {
  if (repository.commitOf("HEAD") === undefined) return nothing("this repository has no commit yet");
  const main = mainBranch(repository);
  if (main === undefined) return nothing(`this repository has no branch ${MAIN_BRANCHES.slice(0, 2).join(" or ")}`);
  const commit = repository.mergeBase("HEAD", main);
  if (commit === undefined) return nothing(`HEAD and ${main} have no common commit here; a shallow clone lacks it`);
  return at(repository, commit, `merge base with ${main}`);
}

/** The main branch of a repository, as far as its name tells; undefined where none has such a name. */
export function mainBranch(repository: Repository): string | undefined {
  return MAIN_BRANCHES.find((name) => repository.commitOf(name) !== undefined);
}

function nothing(reason: string): Base {
  return { reason, plan: () => undefined };
}

function at(repository: Repository, commit: string, reason: string): Base {
  const files = repository.filesAt(commit);
  return { commit, reason, plan: (stack) => readPlan(files.read(planFile(stack))) };
}

/** An older commit cannot be mended: a plan of another form counts as none. */
function readPlan(bytes: Uint8Array | undefined): Plan | undefined {
  if (bytes === undefined) return undefined;
  try {
    return Plan.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data;
  } catch {
    return undefined;
  }
}
