import { resolve } from "node:path";
import { refuseInput } from "../../release/errors.ts";
import { git } from "../../store/git.ts";
import { Refusal } from "../approve/outcome.ts";

/** A clone of a module's source that this host has. */
export interface SourceRepository {
  /** Its topmost folder, absolute. */
  readonly root: string;
  /** Standard output of git there, without the last line break; undefined where git fails. */
  ask(...args: readonly string[]): string | undefined;
  /** As {@link ask}. @throws Refusal with what git says where it fails */
  run(args: readonly string[], input?: string): string;
}

/** Opens the clone that `--repo` names. @throws InputError where there is none */
export function openSource(directory: string): SourceRepository {
  const found = git(resolve(directory), ["rev-parse", "--show-toplevel"]);
  if (!found.ok) {
    refuseInput({ file: "--repo", path: "", message: `cannot be read: ${found.reason}`, value: directory });
  }
  const root = text(found.stdout);
  return {
    root,
    ask: (...args) => {
      const answer = git(root, args);
      return answer.ok ? text(answer.stdout) : undefined;
    },
    run: (args, input) => {
      const answer = git(root, args, input);
      if (!answer.ok) throw new Refusal(`git ${args[0]} fails in ${root}: ${answer.reason}`);
      return text(answer.stdout);
    },
  };
}

/** Full id of the commit that a name stands for; undefined where there is none. */
export function commitAt(source: SourceRepository, name: string): string | undefined {
  return source.ask("rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`);
}

/** Whether a commit is in the history of another, or is that one. */
export function isWithin(source: SourceRepository, commit: string, of: string): boolean {
  return source.ask("merge-base", "--is-ancestor", commit, of) !== undefined;
}

/** @throws Refusal where something is changed and not committed: what is tagged must be what is seen */
export function checkClean(source: SourceRepository): void {
  const changed = source.run(["status", "--porcelain"]);
  if (changed === "") return;
  const first = changed
    .split("\n")
    .slice(0, 3)
    .map((line) => line.slice(3))
    .join(", ");
  throw new Refusal(`${source.root} has changes that are not committed: ${first}`, ["commit or stash them"]);
}

function text(bytes: Buffer): string {
  return bytes.toString("utf8").replace(/\n$/, "");
}
