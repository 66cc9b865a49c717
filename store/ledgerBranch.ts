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

/** What a clone knows of the branch on a remote. */
export function trackedRef(remote: string): string {
  return `refs/remotes/${remote}/${LEDGER_BRANCH}`;
}

/** Files with the entries that the ledger's branch has, of this clone and of its origin, where there is one. */
export function withLedgerBranch(root: string, tree: Files): Files {
  return branches(root).reduce((files, branch) => unionFiles(files, branch, [LEDGER_FOLDER]), tree);
}

/** Entries of the tree that the branch has otherwise, by path: two updates claim the same place. */
export function forkedEntries(root: string, tree: Files): ReadonlyMap<string, Uint8Array> {
  const forked = branches(root).flatMap((branch) =>
    [...ownEntries(tree, branch)].filter(([path]) => branch.read(path) !== undefined),
  );
  return new Map(forked);
}

/** Entries of a tree that a branch lacks or has otherwise, by path. */
export function ownEntries(tree: Files, branch: Files): ReadonlyMap<string, Uint8Array> {
  const paths = tree
    .list(LEDGER_FOLDER)
    .flatMap((stack) => tree.list(`${LEDGER_FOLDER}/${stack}`).map((name) => `${LEDGER_FOLDER}/${stack}/${name}`));
  const own = paths.map((path): [string, Uint8Array] => [path, tree.read(path) ?? new Uint8Array()]);
  return new Map(own.filter(([path, bytes]) => Buffer.compare(bytes, branch.read(path) ?? NONE) !== 0));
}

function branches(root: string): Files[] {
  const repository = openRepository(root);
  if ("reason" in repository) return [];
  const commits = [REF, trackedRef("origin")].map((ref) => repository.commitOf(ref));
  return [...new Set(commits)].flatMap((commit) => (commit === undefined ? [] : [repository.filesAt(commit)]));
}

/** What was pushed: the new commit, and the paths of the entries in it. Without a commit there was nothing new. */
export interface Pushed {
  readonly commit?: string;
  readonly paths: readonly string[];
}

/** Others may push at the same time, each their own stack. */
const MAX_TRIES = 10;
/** In milliseconds: longer than a remote takes, and shorter than anybody waits for. */
const FETCH_LIMIT = 10_000;
const NONE = new Uint8Array();
const NOTHING: Files = { read: () => undefined, list: () => [] };

/**
 * Adds entries to the branch, in one commit, and pushes that. Neither the working tree nor the index is touched.
 * @param additionsTo what is to be added to the branch as it is, by path; asked again where somebody else was faster
 * @throws InputError where the remote does not take the push
 */
export async function pushLedger(
  root: string,
  remote: string,
  additionsTo: (branch: Files) => Promise<ReadonlyMap<string, Uint8Array>>,
): Promise<Pushed> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const parent = newestCommit(root, remote);
    const repository = openRepository(root);
    if ("reason" in repository) return refuse(remote, repository.reason);
    const added = await additionsTo(parent === undefined ? NOTHING : repository.filesAt(parent));
    if (added.size === 0) return { paths: [] };
    const commit = commitEntries(root, added, parent);
    const pushed = git(root, ["push", "--porcelain", remote, `${commit}:${REF}`]);
    // Not every clone keeps track of every branch by itself.
    if (pushed.ok) git(root, ["update-ref", trackedRef(remote), commit]);
    if (pushed.ok) return { commit, paths: [...added.keys()] };
    // Refused for being behind: somebody else was faster. Anything else will not go away.
    if (newestCommit(root, remote) === parent) refuse(remote, pushed.reason);
  }
  return refuse(remote, "others push without end; try again");
}

/**
 * Fetches the branch from origin, where that answers soon and without a question; else what is here is all that is known.
 * An entry of somebody else that comes too late is found out when the ledger is pushed.
 */
export function fetchLedger(root: string): void {
  const into = `+${REF}:${trackedRef("origin")}`;
  git(root, ["fetch", "--quiet", "--no-tags", "origin", into], "", { GIT_TERMINAL_PROMPT: "0" }, FETCH_LIMIT);
}

/** The newest commit of the branch on a remote, which is here then; undefined where it has no such branch yet. */
function newestCommit(root: string, remote: string): string | undefined {
  const listed = git(root, ["ls-remote", remote, REF]);
  if (!listed.ok) return refuse(remote, listed.reason);
  const [commit] = listed.stdout.toString("utf8").split("\t");
  if (!commit) return undefined;
  const fetched = git(root, ["fetch", "--quiet", "--no-tags", remote, `+${REF}:${trackedRef(remote)}`]);
  return fetched.ok ? commit : refuse(remote, fetched.reason);
}

function commitEntries(root: string, added: ReadonlyMap<string, Uint8Array>, parent: string | undefined): string {
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
    for (const [path, bytes] of added) {
      const blob = run(["hash-object", "-w", "--stdin"], bytes);
      run(["update-index", "--add", "--cacheinfo", `100644,${blob},${prefix}${path}`]);
    }
    const message = `Record ${[...added.keys()].map((path) => path.slice(LEDGER_FOLDER.length + 1)).join(", ")}`;
    const parents = parent === undefined ? [] : ["-p", parent];
    return run(["commit-tree", run(["write-tree"]), ...parents, "-m", message]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function refuse(remote: string, message: string): never {
  refuseInput({ file: remote, path: "", message });
}
