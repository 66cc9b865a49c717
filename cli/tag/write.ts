import { Refusal } from "../approve/outcome.ts";
import { type NamedRelease, releaseText } from "../candidate.ts";
import type { TagPlan } from "./plan.ts";
import { commitAt, type SourceRepository } from "./source.ts";

/** Makes the branch and the annotated tags, all in one step or none. @throws Refusal where git does not */
export function makeRefs(source: SourceRepository, named: NamedRelease, plan: TagPlan): void {
  const { commit, branch, newBranch, newTags } = plan;
  if (!newBranch && newTags.length === 0) return;
  const tagger = source.ask("var", "GIT_COMMITTER_IDENT");
  if (tagger === undefined) {
    throw new Refusal("git does not know who tags", ["git config user.name … and git config user.email …"]);
  }
  const message = `${releaseText(named)}\n\nmanifest ${named.release.manifestDigest}\n`;
  const created = newTags.map((tag) => {
    const object = `object ${commit}\ntype commit\ntag ${tag}\ntagger ${tagger}\n\n${message}`;
    return `create refs/tags/${tag} ${source.run(["mktag"], object)}`;
  });
  const refs = [...(newBranch ? [`create refs/heads/${branch} ${commit}`] : []), ...created];
  source.run(["update-ref", "--stdin"], `${["start", ...refs, "prepare", "commit"].join("\n")}\n`);
}

/**
 * What a remote still lacks, as git's refspecs. Asked before anything is made.
 * @throws Refusal where it has a tag at another commit, or does not answer
 */
export function toPush(source: SourceRepository, remote: string, { commit, branch, tags }: TagPlan): string[] {
  const head = branch === undefined ? [] : [`refs/heads/${branch}`];
  const names = tags.map((tag) => `refs/tags/${tag}`);
  const listed = source.run(["ls-remote", remote, ...head, ...names.flatMap((ref) => [ref, `${ref}^{}`])]);
  const there = new Map(
    listed
      .split("\n")
      .filter(Boolean)
      .map((line): [string, string] => [line.slice(line.indexOf("\t") + 1), line.slice(0, line.indexOf("\t"))]),
  );
  const at = (ref: string) => there.get(`${ref}^{}`) ?? there.get(ref);
  const moved = names.filter((ref) => at(ref) !== undefined && at(ref) !== (commitAt(source, ref) ?? commit));
  if (moved.length > 0) {
    const shown = moved.map((ref) => ref.slice("refs/tags/".length)).join(", ");
    const next = `git fetch ${remote} --tags, and look at who tagged it`;
    throw new Refusal(`${remote} has ${shown} at another commit already: a tag never moves`, [next]);
  }
  // Only the commit is pushed: what else the branch has here is not this release's.
  return [
    ...head.filter((ref) => at(ref) === undefined).map((ref) => `${commit}:${ref}`),
    ...names.filter((ref) => at(ref) === undefined),
  ];
}
