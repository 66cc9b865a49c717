import type { Counts, PreviewReport, StackReport } from "../report.ts";
import { shownPath, tellingChanges } from "./changes.ts";
import { cell, code, prose } from "./markdownText.ts";
import { MARKS } from "./style.ts";
import { changeText, count, resourceName, shortDigest } from "./text.ts";

/** GitHub refuses a comment of more than 65,536 characters; bytes are never fewer than characters. */
const MAX_BYTES = 65_000;
/** Kept for closing tags and for the note on what was left out. */
const RESERVE = 400;
/** What-if options that are named. */
const SHOWN_SETS = 20;
/** Changed values of one resource that are shown. */
const SHOWN_CHANGES = 20;
/** Lets whoever posts the comment find it again, to update it in place. */
const MARKER = "<!-- imprimatur preview -->";

/** A list with a heading; entries that do not fit are counted instead. */
interface Section {
  readonly noun: string;
  readonly open: string;
  readonly entries: readonly string[];
  readonly close: string;
}

/**
 * A preview as a comment on a pull request: summary, refusals, changes, and folded the modules of each stack.
 * Always below GitHub's limit, whatever the size of the platform: what does not fit is left out, and a note says how much.
 */
export function renderMarkdown(report: PreviewReport): string {
  const sections = [
    summarySection(report),
    refusalSection(report),
    changeSection(report),
    ...report.stacks.map(detailSection),
    ...report.stacks.map(moduleSection),
  ].filter(({ entries }) => entries.length > 0);
  const head = [MARKER, `## ${headline(report)}`, "", ...contextLines(report), ""].join("\n");
  return assemble(head, sections);
}

function assemble(head: string, sections: readonly Section[]): string {
  let text = head;
  let bytes = Buffer.byteLength(head);
  const omitted = new Map<string, number>();
  for (const { noun, open, entries, close } of sections) {
    const frame = Buffer.byteLength(open) + Buffer.byteLength(close);
    const kept: string[] = [];
    let size = frame;
    for (const entry of entries) {
      const more = Buffer.byteLength(entry) + 1;
      // Once one entry is left out so are all that follow: a list with holes would mislead.
      if (bytes + size + more > MAX_BYTES - RESERVE) break;
      kept.push(entry);
      size += more;
    }
    const left = entries.length - kept.length;
    if (left > 0) omitted.set(noun, (omitted.get(noun) ?? 0) + left);
    if (kept.length === 0) continue;
    text += `${open}${kept.join("\n")}\n${close}`;
    bytes += size;
  }
  if (omitted.size === 0) return text;
  const list = [...omitted].map(([noun, number]) => count(number, noun)).join(", ");
  return `${text}\n> Left out, to stay within the size of a comment: ${list}. \`npx imprimatur preview\` shows all.\n`;
}

function headline({ stacks, allowed }: PreviewReport): string {
  if (allowed) return `✅ ${count(stacks.length, "stack")}, none refused`;
  const refused = stacks.filter((stack) => !stack.allowed).length;
  return `❌ ${refused} of ${count(stacks.length, "stack")} refused`;
}

function contextLines({ engine, base, at, sets }: PreviewReport): string[] {
  const compared = base.commit === undefined ? "nothing" : code(base.commit.slice(0, 12));
  return [
    `Engine ${code(engine.name)} (${prose(engine.reason)}), compared with ${compared} (${prose(base.reason)}).`,
    ...(at === undefined ? [] : [`Judged for ${code(at)}.`]),
    ...(sets.length === 0 ? [] : [`What if: ${sets.slice(0, SHOWN_SETS).map(code).join(", ")}.`]),
  ];
}

function summarySection({ stacks }: PreviewReport): Section {
  const cells = ({ create, update, replace, delete: removed, same }: Counts) =>
    [create, update, replace, removed, same].join(" | ");
  return {
    noun: "stack",
    open: "\n| | stack | class | + | ~ | ± | - | = |\n| --- | --- | --- | --: | --: | --: | --: | --: |\n",
    entries: stacks.map(
      (stack) => `| ${stack.allowed ? "✔" : "✘"} | ${stack.name} | ${stack.class} | ${cells(stack.counts)} |`,
    ),
    close: "",
  };
}

function refusalSection({ stacks }: PreviewReport): Section {
  const found = stacks.flatMap(({ name, verdicts }) =>
    verdicts.flatMap(({ policy, level, violations }) =>
      violations.map((violation) => ({ stack: name, policy, level, ...violation })),
    ),
  );
  // Refusals first: advice must not push them out of a comment that is cut.
  const ordered = [
    ...found.filter(({ level }) => level === "mandatory"),
    ...found.filter(({ level }) => level === "advisory"),
  ];
  return {
    noun: "finding",
    open: "\n### Refusals and warnings\n\n",
    entries: ordered.map(({ stack, policy, level, urn, message, remedy }) => {
      const where = urn === undefined ? "the stack as a whole" : code(resourceName(urn));
      const mark = level === "mandatory" ? "✘" : "⚠";
      const next = remedy === undefined ? "" : `\n  - next: ${code(remedy)}`;
      const [what = "", ...why] = message.split("\n").map((line) => prose(line.trim()));
      const more = why.map((line) => `\n  - ${line}`).join("");
      return `- ${mark} **${stack}** ${code(policy)}: ${what}${more}\n  - where: ${where}${next}`;
    }),
    close: "",
  };
}

function changeSection({ stacks }: PreviewReport): Section {
  const entries = stacks.flatMap(({ name, pinChanges }) =>
    pinChanges.map(({ module, before, after }) => {
      const versions = [before?.version, after?.version].map((version) =>
        version === undefined ? "none" : code(version),
      );
      return `- **${name}** ${code(module)} ${versions.join(" → ")}`;
    }),
  );
  return { noun: "module change", open: "\n### Modules that change\n\n", entries, close: "" };
}

/** Folded: every resource that changes, with the values that do. */
function detailSection({ name, resources }: StackReport): Section {
  const changed = resources.filter(({ op }) => op !== "same");
  return {
    noun: "changed resource",
    open: `\n<details><summary>${name}: ${count(changed.length, "resource")} would change</summary>\n\n`,
    entries: changed.map((resource) => {
      const values = tellingChanges(resource).map(
        ({ path, ...change }) => `\n  - ${code(shownPath(path))} ${code(changeText(change, 160))}`,
      );
      return `- ${code(`${MARKS[resource.op]} ${resourceName(resource.urn)}`)}${values.slice(0, SHOWN_CHANGES).join("")}`;
    }),
    close: "\n</details>\n",
  };
}

function moduleSection({ name, modules }: StackReport): Section {
  return {
    noun: "module",
    open: `\n<details><summary>${name}: ${count(modules.length, "module")}</summary>\n\n| module | version | channel | manifest digest |\n| --- | --- | --- | --- |\n`,
    entries: modules.map(
      (module) =>
        `| ${module.name} | ${cell(module.version)} | ${module.channel} | ${code(shortDigest(module.manifestDigest))} |`,
    ),
    close: "\n</details>\n",
  };
}
