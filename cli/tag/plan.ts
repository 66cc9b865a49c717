import { refuseInput } from "../../release/errors.ts";
import { patchesClosedLine, type ReleaseRefs, releaseRefs } from "../../release/sourceRefs.ts";
import { Refusal } from "../approve/outcome.ts";
import { type NamedRelease, releaseText } from "../candidate.ts";
import { commitAt, isWithin, type SourceRepository } from "./source.ts";

/** The names of a release in its source repository, and which of them are to be made: all of those or none. */
export interface TagPlan {
  readonly commit: string;
  /** The branch that the release is patched from; undefined where the module has none. */
  readonly branch: string | undefined;
  readonly tags: readonly string[];
  readonly newBranch: boolean;
  readonly newTags: readonly string[];
}

/**
 * Works out what is missing for a release, and checks that file, tag and manifest agree.
 * @throws Refusal naming everything that does not agree
 */
export function planTags(source: SourceRepository, named: NamedRelease): TagPlan {
  const { module, release } = named;
  const { commit } = release.manifest;
  if (commitAt(source, commit) !== commit) {
    const message = `has no commit ${commit}, which ${releaseText(named)} was built from: fetch it`;
    refuseInput({ file: "--repo", path: "", message, value: source.root });
  }
  const refs = releaseRefs(module, release.manifest);
  if (patchesClosedLine(module, release.manifest.version)) {
    const lines = Object.keys(module.git?.active ?? {}).join(", ");
    throw new Refusal(`${releaseText(named)} patches a line that gets no patches any more: active are ${lines}`, [
      `name its line and branch under git.active in catalog/modules/${module.name}.yaml`,
    ]);
  }
  const problems = [
    ...fileProblems(source, refs, commit),
    ...refs.tags.flatMap((tag) => tagProblem(source, tag, commit)),
    ...branchProblem(source, refs, commit),
  ];
  if (problems.length > 0) {
    throw new Refusal(`${source.root} and the manifest of ${releaseText(named)} do not agree`, problems);
  }
  const { branch } = refs;
  const tags = refs.tags.map(({ name }) => name);
  return {
    commit,
    branch,
    tags,
    newBranch: branch !== undefined && branchAt(source, branch) === undefined,
    newTags: tags.filter((tag) => commitAt(source, `refs/tags/${tag}`) === undefined),
  };
}

function fileProblems(source: SourceRepository, { files }: ReleaseRefs, commit: string): string[] {
  return [...files].flatMap(([path, expected]) => {
    const found = source.ask("show", `${commit}:${path}`)?.trim();
    if (found === expected) return [];
    const says = found === undefined ? "is not there" : `says ${JSON.stringify(found.slice(0, 80))}`;
    return [`${path} ${says} in ${commit.slice(0, 12)}: it must say ${expected}`];
  });
}

function tagProblem(source: SourceRepository, { name, shared }: ReleaseRefs["tags"][number], commit: string): string[] {
  if (source.ask("check-ref-format", `refs/tags/${name}`) === undefined) return [`${name} is no name for a tag`];
  const at = commitAt(source, `refs/tags/${name}`);
  if (at === undefined) return [];
  if (at !== commit) {
    if (shared && isWithin(source, at, commit)) return [];
    return [`tag ${name} is at ${at.slice(0, 12)} already, and not at ${commit.slice(0, 12)}: a tag never moves`];
  }
  const kind = source.ask("cat-file", "-t", `refs/tags/${name}`);
  return kind === "tag" ? [] : [`tag ${name} is there, but not annotated: git tag -d ${name}`];
}

function branchProblem(source: SourceRepository, { branch }: ReleaseRefs, commit: string): string[] {
  if (branch === undefined) return [];
  if (source.ask("check-ref-format", "--branch", branch) === undefined) return [`${branch} is no name for a branch`];
  const at = branchAt(source, branch);
  if (at === undefined || isWithin(source, commit, at)) return [];
  return [`${branch}, which it is patched from, does not hold ${commit.slice(0, 12)}: merge it there first`];
}

/** Where a branch is, here or else on the remote as it was last fetched. */
function branchAt(source: SourceRepository, branch: string): string | undefined {
  return commitAt(source, `refs/heads/${branch}`) ?? commitAt(source, `refs/remotes/origin/${branch}`);
}
