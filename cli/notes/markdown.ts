import { cell, code, prose } from "../render/markdownText.ts";
import { valueText } from "../render/text.ts";
import type { ModuleNotes, Notes } from "./report.ts";

/** Release notes as a page: people's words stand there as words, never as markup. */
export function renderNotes(notes: Notes): string {
  const parts = [
    `# Release notes: ${code(notes.title)}`,
    `From ${code(notes.from)} to ${code(notes.to)}${notes.stack === undefined ? "" : `, for ${code(notes.stack)}`}.`,
    ...unseenCommits(notes.modules),
    ...releaseParts(notes.release),
    ...(notes.modules.length === 0 ? ["Nothing is new."] : notes.modules.flatMap(moduleParts)),
    ...section("## On tracks of their own", notes.tracks, ({ name, description, url, version }) => {
      const known = version === undefined ? "" : `, known to work with ${code(version)}`;
      return `- **${prose(name)}**: ${prose(description)}${known} (<${url}>)`;
    }),
    ...differenceParts(notes),
    ...instructionParts("Upgrade", notes.upgrade),
    ...instructionParts("Roll back", notes.rollback),
    ...section("## What comes next", notes.roadmap, ({ name, date, goals }) => {
      const when = date === undefined ? "" : ` (planned for ${date})`;
      return [`- ${code(name)}${when}`, ...goals.map((goal) => `  - ${prose(goal)}`)].join("\n");
    }),
    ...section("## Feedback\n\nTell us what you find:", notes.feedback, (url) => `- <${url}>`),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** That nobody mistakes notes which were made without the source for those of a release that no commit changed. */
function unseenCommits(modules: Notes["modules"]): string[] {
  const unseen = modules.filter(
    ({ from, to, history }) => from !== undefined && to !== undefined && history === undefined,
  );
  if (unseen.length === 0) return [];
  const whose = unseen.length === modules.length ? "" : ` of ${unseen.map(({ module }) => code(module)).join(", ")}`;
  return [`Commits${whose} were not looked at: ${code("--repo")} names a clone of the source.`];
}

function releaseParts(release: Notes["release"]): string[] {
  if (release === undefined) return [];
  return [
    ...section(`## Goals of ${code(release.name)}`, release.goals, (goal) => `- ${prose(goal)}`),
    ...section("### In this release", release.in, (what) => `- ${prose(what)}`),
    ...section("### Not in this release", release.out, ({ what, why }) => `- ${prose(what)}: ${prose(why)}`),
  ];
}

function moduleParts(notes: ModuleNotes): string[] {
  const { module, description, from, to, draft, channel, nature, tracks, tests } = notes;
  if (to === undefined) return [`## ${module}`, `${prose(description)}. ${code(from ?? "")} is taken out.`];
  const step = from === undefined ? `${code(to)}, new` : `${code(from)} → ${code(to)}`;
  const kind = [
    ...(channel === undefined ? [] : [`channel ${channel}`]),
    ...(nature === undefined ? [] : [`a ${nature} change`]),
  ];
  const about = draft ? "a draft: it is not cut yet" : kind.join(", ");
  return [
    `## ${module}`,
    `${prose(description)}. ${step}, ${about}.`,
    ...section("Kept to a track:", tracks, (track) => `- ${prose(track)}`),
    ...historyParts(notes.history),
    ...section("### Features that can be switched on", notes.flagsIn, flagLine),
    ...section("### Switches that are gone", notes.flagsOut, flagLine),
    ...section("### Special provisions", notes.provisions, ({ person, text }) => `- ${prose(text)} (${person})`),
    ...section("### Acceptance criteria", notes.acceptance, (criterion) => `- ${prose(criterion)}`),
    ...(tests === undefined ? [] : testParts(tests)),
    ...section("### Artifacts", notes.artifacts, ({ kind: what, name, before, after }) => {
      const short = (reference: string) => code(valueText(reference));
      return `- ${what} ${code(name)}: ${before === undefined ? "new" : short(before)} → ${after === undefined ? "none" : short(after)}`;
    }),
  ];
}

function flagLine({ flag, description, maturity }: ModuleNotes["flagsIn"][number]): string {
  return `- ${code(flag)} (${maturity}): ${prose(description)}`;
}

function historyParts(history: ModuleNotes["history"]): string[] {
  if (history === undefined) return [];
  const { brought, lost } = history;
  const byRequest = brought.filter(({ pullRequest }) => pullRequest !== undefined);
  const byIssue = brought.filter(({ pullRequest, issues }) => pullRequest === undefined && issues.length > 0);
  const unnamed = brought.filter(({ pullRequest, issues }) => pullRequest === undefined && issues.length === 0);
  return [
    ...section("### What is new", [...byRequest, ...byIssue], changeLine),
    ...section("### Commits that name neither a pull request nor an issue", unnamed, changeLine),
    ...section("### What the release before had, and this has not", lost, changeLine),
    ...(brought.length + lost.length === 0 ? ["Its source did not change."] : []),
  ];
}

function changeLine({
  title,
  commit,
  pullRequest,
  issues,
}: NonNullable<ModuleNotes["history"]>["brought"][number]): string {
  const names = [...(pullRequest === undefined ? [] : [`pull request ${pullRequest}`]), ...issues, commit.slice(0, 12)];
  return `- ${prose(title)} (${names.map(code).join(", ")})`;
}

function testParts({ added, removed, attested }: NonNullable<ModuleNotes["tests"]>): string[] {
  const proof = attested ? "the report is the one that was signed for" : "nobody has signed for this report";
  return [
    `### Unit tests\n\n${added.length} new, ${removed.length} gone; ${proof}.`,
    ...section("New:", added, (name) => `- ${code(name)}`),
    ...section("Gone:", removed, (name) => `- ${code(name)}`),
  ];
}

function differenceParts({ differences, parity }: Notes): string[] {
  if (differences.length === 0 && parity.length === 0) return [];
  const stacks = [...new Set(differences.flatMap(({ values }) => Object.keys(values)))];
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rows = differences.map(({ section: kind, key, values }) =>
    row([cell(`${kind} ${key}`), ...stacks.map((stack) => (values[stack] === undefined ? "—" : cell(values[stack])))]),
  );
  return [
    "## Known differences between environments",
    ...(rows.length === 0 ? [] : [[row(["", ...stacks]), row(["", ...stacks].map(() => "---")), ...rows].join("\n")]),
    ...section("Agreed on:", parity, ({ what, reason }) => `- ${code(what)}: ${prose(reason)}`),
  ];
}

function instructionParts(title: string, { platform, helm }: Notes["upgrade"]): string[] {
  if (platform.length + helm.length === 0) return [];
  const block = (lines: readonly string[]) => `\`\`\`sh\n${lines.join("\n")}\n\`\`\``;
  return [
    `## ${title}`,
    ...(platform.length === 0 ? [] : [block(platform)]),
    ...(helm.length === 0
      ? []
      : ["With plain Helm 3.20 or later, and the values of your own deployment:", block(helm)]),
  ];
}

/** A list under a heading; nothing where there is nothing to list. */
function section<T>(heading: string, entries: readonly T[], line: (entry: T) => string): string[] {
  return entries.length === 0 ? [] : [`${heading}\n\n${entries.map(line).join("\n")}`];
}
