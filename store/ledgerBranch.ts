import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { refuseInput } from "../release/errors.ts";
import { type Files, unionFiles } from "../release/files.ts";
import { git, openRepository } from "./git.ts";
import { gitUserName } from "./gitIndex.ts";

/** Where entries are pushed to, so that no job needs to get past the protection of the main branch. */
export const LEDGER_BRANCH = "imprimatur/ledger";
/** The folder of all ledgers. */
export const LEDGER_FOLDER = "catalog/ledger";

const REF = `refs/heads/${LEDGER_BRANCH}`;

/** Files with the entries that the ledger's branch has, of this clone and of its origin, where there is one. */
export function withLedgerBranch(root: string, tree: Files): Files {
  return branches(root).reduce((files, branch) => unionFiles(files, branch, [LEDGER_FOLDER]), tree);
}

/** Entries that a branch has otherwise than the tree: two updates claim the same place. Their paths. */
export function forkedEntries(root: string, tree: Files): readonly string[] {
  return [...new Set(branches(root).flatMap((branch) => compareEntries(tree, branch).forked))];
}

function branches(root: string): Files[] {
  const repository = openRepository(root);
  if ("reason" in repository) return [];
  const commits = [REF, `refs/remotes/origin/${LEDGER_BRANCH}`].map((ref) => repository.commitOf(ref));
  return [...new Set(commits)].flatMap((commit) => (commit === undefined ? [] : [repository.filesAt(commit)]));
}

/** What of a tree's entries a branch lacks, and what it has otherwise. */
function compareEntries(tree: Files, branch: Files): { readonly missing: string[]; readonly forked: string[] } {
  const paths = tree
    .list(LEDGER_FOLDER)
    .flatMap((stack) => tree.list(`${LEDGER_FOLDER}/${stack}`).map((name) => `${LEDGER_FOLDER}/${stack}/${name}`));
  const here = (path: string) => Buffer.from(tree.read(path) ?? []);
  return {
    missing: paths.filter((path) => branch.read(path) === undefined),
    forked: paths.filter((path) => {
      const there = branch.read(path);
      return there !== undefined && !here(path).equals(there);
    }),
  };
}

/** What was pushed: the new commit, and the paths of the entries in it. Without a commit there was nothing new. */
export interface Pushed {
  readonly commit?: string;
  readonly paths: readonly string[];
}

/** Others may push at the same time, each their own stack. */
const MAX_TRIES = 10;
const NOTHING: Files = { read: () => undefined, list: () => [] };

/**
 * Adds the entries of a tree that the branch lacks to it, in one commit, and pushes that. Neither the working tree nor the
 * index is touched.
 * @throws InputError where the remote has another entry in a place, or does not take the push
 */
export function pushLedger(root: string, tree: Files, remote: string): Pushed {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const parent = fetchBranch(root, remote);
    const repository = openRepository(root);
    if ("reason" in repository) return refuse(remote, repository.reason);
    const branch = parent === undefined ? NOTHING : repository.filesAt(parent);
    const { missing, forked } = compareEntries(tree, branch);
    const [fork] = forked;
    if (fork !== undefined) {
      const message = `${LEDGER_BRANCH} on ${remote} has another entry in this place: this one was made from a ledger that was not the newest; look at both, fetch, and record again`;
      refuseInput({ file: fork, path: "", message });
    }
    if (missing.length === 0) return { paths: [] };
    const commit = commitEntries(root, tree, missing, parent);
    const pushed = git(root, ["push", "--porcelain", remote, `${commit}:${REF}`]);
    if (pushed.ok) return { commit, paths: missing };
    // Refused for being behind: somebody else was faster. Anything else will not go away.
    if (fetchBranch(root, remote) === parent) refuse(remote, pushed.reason);
  }
  return refuse(remote, "others push without end; try again");
}

/** The newest commit of the branch on a remote, which is here then; undefined where it has no such branch yet. */
function fetchBranch(root: string, remote: string): string | undefined {
  const listed = git(root, ["ls-remote", remote, REF]);
  if (!listed.ok) return refuse(remote, listed.reason);
  const [commit] = listed.stdout.toString("utf8").split("\t");
  if (!commit) return undefined;
  const fetched = git(root, [
    "fetch",
    "--quiet",
    "--no-tags",
    remote,
    `+${REF}:refs/remotes/${remote}/${LEDGER_BRANCH}`,
  ]);
  return fetched.ok ? commit : refuse(remote, fetched.reason);
}

function commitEntries(root: string, tree: Files, paths: readonly string[], parent: string | undefined): string {
  const folder = mkdtempSync(join(tmpdir(), "imprimatur-ledger-"));
  try {
    const name = gitUserName(root) ?? "imprimatur";
    const who = { NAME: name, EMAIL: "imprimatur@localhost" };
    const named = Object.entries(who).flatMap(([key, value]) => [
      [`GIT_AUTHOR_${key}`, value],
      [`GIT_COMMITTER_${key}`, value],
    ]);
    const env = { ...Object.fromEntries(named), GIT_INDEX_FILE: join(folder, "index") };
    const run = (args: readonly string[], input: string | Uint8Array = "") => {
      const answer = git(root, args, input, env);
      return answer.ok ? answer.stdout.toString("utf8").trim() : refuse("git", answer.reason);
    };
    const prefix = run(["rev-parse", "--show-prefix"]);
    run(["read-tree", parent ?? "--empty"]);
    for (const path of paths) {
      const blob = run(["hash-object", "-w", "--stdin"], tree.read(path));
      run(["update-index", "--add", "--cacheinfo", `100644,${blob},${prefix}${path}`]);
    }
    const message = `Record ${paths.map((path) => path.slice(LEDGER_FOLDER.length + 1)).join(", ")}`;
    const parents = parent === undefined ? [] : ["-p", parent];
    return run(["commit-tree", run(["write-tree"]), ...parents, "-m", message]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function refuse(remote: string, message: string): never {
  refuseInput({ file: remote, path: "", message });
}
