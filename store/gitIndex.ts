import { git } from "./git.ts";

/** A file that git tracks, with the bytes that the next commit would have. */
export interface TrackedFile {
  /** Relative to the folder that was asked about. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * Every regular file below a folder that git tracks or has staged, as it is staged.
 * Undefined where the folder is in no repository.
 */
export function stagedFiles(root: string): readonly TrackedFile[] | undefined {
  const listed = git(root, ["ls-files", "--stage", "-z"]);
  if (!listed.ok) return undefined;
  const entries = listed.stdout
    .toString("utf8")
    .split("\0")
    .flatMap((record) => {
      const [, id, path] = /^100\d{3} (\w+) \d\t([\s\S]*)$/.exec(record) ?? [];
      return id === undefined || path === undefined ? [] : [{ id, path }];
    });
  const read = git(root, ["cat-file", "--batch"], entries.map(({ id }) => `${id}\n`).join(""));
  if (!read.ok) throw new Error(`git cannot read what is staged: ${read.reason}`);
  let offset = 0;
  return entries.map(({ id, path }) => {
    const end = read.stdout.indexOf("\n", offset);
    const [, kind, size] = read.stdout.toString("utf8", offset, end).split(" ");
    // A file that is only intended to be added has no bytes yet.
    if (kind !== "blob") throw new Error(`git has no object ${id} for ${path}`);
    const bytes = read.stdout.subarray(end + 1, end + 1 + Number(size));
    offset = end + 1 + Number(size) + 1;
    return { path, bytes };
  });
}

/** Whether git would take a file into a commit when everything is added. False also where there is no repository. */
export function couldBeCommitted(root: string, path: string): boolean {
  const inside = git(root, ["rev-parse", "--is-inside-work-tree"]);
  if (!inside.ok) return false;
  // Fails with 1 where nothing ignores the path, and with 128 where it lies outside the repository.
  const ignored = git(root, ["check-ignore", "--quiet", "--no-index", "--", path]);
  return !ignored.ok && ignored.reason === "git check-ignore failed";
}

/** Paths below some folders or files that differ from the last commit, or are not in it; undefined without a repository. */
export function uncommitted(root: string, paths: readonly string[]): readonly string[] | undefined {
  const status = git(root, ["status", "--porcelain=v1", "-z", "--untracked-files=all", "--", ...paths]);
  if (!status.ok) return undefined;
  return status.stdout
    .toString("utf8")
    .split("\0")
    .filter(Boolean)
    .map((line) => line.slice(3));
}

/** The name that git signs commits with, where one is set. */
export function gitUserName(root: string): string | undefined {
  const name = git(root, ["config", "--get", "user.name"]);
  return name.ok ? name.stdout.toString("utf8").trim() || undefined : undefined;
}

/** Where a clone came from; undefined without a repository or an origin. */
export function remoteOf(root: string): string | undefined {
  const url = git(root, ["config", "--get", "remote.origin.url"]);
  return url.ok ? url.stdout.toString("utf8").trim() || undefined : undefined;
}
