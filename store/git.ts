import { spawnSync } from "node:child_process";
import type { Files } from "../release/files.ts";

/** A git repository that holds a checkout. It is only read. */
export interface Repository {
  /** Full id of the commit that a branch, tag or id names, or undefined where there is none. */
  commitOf(ref: string): string | undefined;
  /** The newest commit that both have in their history, or undefined where there is none. */
  mergeBase(a: string, b: string): string | undefined;
  /** Short names of all branches and tags, sorted. */
  refs(): readonly string[];
  /** The checkout's files as a commit has them. Links and submodules are not read. */
  filesAt(commit: string): Files;
  /** How a file came to be what a commit has, step by step of the branch that it is on. */
  history(commit: string, path: string): FileHistory;
}

/** Every commit of a branch that changed a file, the oldest first. What a merge brought in is one change: the merge. */
interface FileHistory {
  readonly versions: readonly {
    readonly commit: string;
    /** When it was committed, RFC 3339. */
    readonly at: string;
    /** The file from then on; undefined where it was taken away. */
    readonly bytes: Uint8Array | undefined;
  }[];
  /** False for a shallow clone: what came before is not known. */
  readonly complete: boolean;
}

/** Opens the repository that `root` stands in; where it cannot be, the reason is given as git words it. */
export function openRepository(root: string): Repository | { readonly reason: string } {
  const prefix = git(root, ["rev-parse", "--show-prefix"]);
  if (!prefix.ok) return { reason: prefix.reason };
  const folder = textOf(prefix).replace(/\/$/, "");
  const commitOf = (ref: string) =>
    lineOf(git(root, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`]));
  return {
    commitOf,
    mergeBase: (a, b) => {
      const commits = [commitOf(a), commitOf(b)].filter((commit) => commit !== undefined);
      return commits.length === 2 ? lineOf(git(root, ["merge-base", ...commits])) : undefined;
    },
    refs: () => {
      const listed = git(root, [
        "for-each-ref",
        "--format=%(refname:short)",
        "refs/heads",
        "refs/remotes",
        "refs/tags",
      ]);
      return listed.ok ? textOf(listed).split("\n").filter(Boolean).sort() : [];
    },
    filesAt: (commit) => filesOfTree(root, `${commit}:${folder}`),
    history: (commit, path) => historyOf(root, folder, commit, path),
  };
}

/** The files of a tree: listed at first use, and read one directory at a time, since each start of git costs. */
function filesOfTree(root: string, tree: string): Files {
  let listing: Listing | undefined;
  const contents = new Map<string, ReadonlyMap<string, Uint8Array>>();
  const directories = () => {
    listing ??= listTree(root, tree);
    return listing;
  };
  return {
    read: (path) => {
      const cut = path.lastIndexOf("/");
      const [directory, name] = [path.slice(0, Math.max(cut, 0)), path.slice(cut + 1)];
      const entries = directories().get(directory);
      if (entries?.get(name) === undefined) return undefined;
      const known = contents.get(directory) ?? readBlobs(root, entries);
      contents.set(directory, known);
      return known.get(name);
    },
    list: (directory) => [...(directories().get(directory)?.keys() ?? [])].sort(),
  };
}

/** Entries by directory: the object id of a regular file, undefined for anything else. */
type Listing = ReadonlyMap<string, ReadonlyMap<string, string | undefined>>;

function listTree(root: string, tree: string): Listing {
  const listed = git(root, ["ls-tree", "-r", "-z", "--full-tree", tree]);
  // A folder that the commit does not have is an empty one.
  if (!listed.ok) return new Map();
  const directories = new Map<string, Map<string, string | undefined>>();
  const add = (directory: string, name: string, id: string | undefined) => {
    const entries = directories.get(directory) ?? new Map<string, string | undefined>();
    directories.set(directory, entries.set(name, id));
  };
  for (const record of textOf(listed, false).split("\0").filter(Boolean)) {
    const [, mode = "", id, path = ""] = /^(\d+) \w+ (\w+)\t([\s\S]*)$/.exec(record) ?? [];
    const parts = path.split("/");
    parts.forEach((name, depth) => {
      const isFile = depth === parts.length - 1 && mode.startsWith("100");
      add(parts.slice(0, depth).join("/"), name, isFile ? id : undefined);
    });
  }
  return directories;
}

function readBlobs(root: string, entries: ReadonlyMap<string, string | undefined>): ReadonlyMap<string, Uint8Array> {
  const files = [...entries].filter((entry): entry is [string, string] => entry[1] !== undefined);
  const read = git(root, ["cat-file", "--batch"], files.map(([, id]) => `${id}\n`).join(""));
  if (!read.ok) throw new Error(`git cannot read ${files.length} files: ${read.reason}`);
  const blobs = new Map<string, Uint8Array>();
  let offset = 0;
  for (const [name, id] of files) {
    const end = read.stdout.indexOf("\n", offset);
    const [, kind, size] = read.stdout.toString("utf8", offset, end).split(" ");
    if (kind !== "blob") throw new Error(`git has no object ${id} for ${name}: the clone is not complete`);
    blobs.set(name, read.stdout.subarray(end + 1, end + 1 + Number(size)));
    offset = end + 1 + Number(size) + 1;
  }
  return blobs;
}

function historyOf(root: string, folder: string, commit: string, path: string): FileHistory {
  const format = ["--first-parent", "--reverse", "--format=%H %cI"];
  const log = git(root, ["log", ...format, "--end-of-options", commit, "--", path]);
  if (!log.ok) throw new Error(`git cannot tell the history of ${path}: ${log.reason}`);
  const versions = textOf(log)
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [id = "", at = ""] = line.split(" ");
      const name = path.split("/").at(-1) ?? "";
      const directory = [folder, ...path.split("/").slice(0, -1)].filter((part) => part !== "").join("/");
      const listed = git(root, ["ls-tree", "-z", "--full-tree", `${id}:${directory}`, "--", name]);
      const blob = listed.ok ? /^100\d+ blob (\w+)\t/.exec(textOf(listed))?.[1] : undefined;
      return {
        commit: id,
        at,
        bytes: blob === undefined ? undefined : readBlobs(root, new Map([[path, blob]])).get(path),
      };
    });
  const shallow = git(root, ["rev-parse", "--is-shallow-repository"]);
  return { versions, complete: lineOf(shallow) === "false" };
}

type Answer = { readonly ok: true; readonly stdout: Buffer } | { readonly ok: false; readonly reason: string };

/**
 * Runs git in a folder, reading only what the repository itself holds.
 * @param limit how long it may take, in milliseconds
 */
export function git(
  root: string,
  args: readonly string[],
  input: string | Uint8Array = "",
  own: Readonly<Record<string, string>> = {},
  limit?: number,
): Answer {
  // Replacement objects are local and could pass for what a protected branch holds.
  const env = { ...process.env, LC_ALL: "C", GIT_OPTIONAL_LOCKS: "0", GIT_NO_REPLACE_OBJECTS: "1", ...own };
  const timeout = limit === undefined ? {} : { timeout: limit };
  const result = spawnSync("git", ["-C", root, ...args], {
    input,
    env,
    maxBuffer: Number.POSITIVE_INFINITY,
    ...timeout,
  });
  if (result.error !== undefined) {
    const missing = (result.error as NodeJS.ErrnoException).code === "ENOENT";
    return { ok: false, reason: missing ? "git is not installed" : result.error.message };
  }
  if (result.status === 0) return { ok: true, stdout: result.stdout };
  const [first = ""] = result.stderr.toString("utf8").split("\n");
  return { ok: false, reason: first.replace(/^fatal: /, "") || `git ${args[0]} failed` };
}

function textOf(answer: Answer & { ok: true }, trimmed = true): string {
  const text = answer.stdout.toString("utf8");
  return trimmed ? text.trim() : text;
}

function lineOf(answer: Answer): string | undefined {
  return answer.ok ? textOf(answer).split("\n")[0] : undefined;
}
