import { inTheWay, requirementLines } from "../approve/requirements.ts";
import type { Style } from "../render/style.ts";
import { createStyle } from "../render/style.ts";
import { count, plain } from "../render/text.ts";
import type { GonogoReport } from "./report.ts";

/** A go/no-go for a terminal: the verdict, each vote with its reason, what is in the way and how to mend it. */
export function renderGonogo(report: GonogoReport, style: Style): string {
  const open = report.releases.flatMap(({ module, version, requirements, passed }) => {
    const items = passed ? [] : inTheWay(requirements);
    return items.length === 0
      ? []
      : [`  ${style.bold(`${module} ${plain(version)}`)}`, ...requirementLines(items, style)];
  });
  return `${[...summaryLines(report, style), ...open].join("\n")}\n`;
}

/** The tally as the channel reads it: who said what and why, and whose voice is missing. */
export function tallyText(report: GonogoReport): string {
  return summaryLines(report, createStyle(false)).join("\n");
}

/** What whoever is missing gets to read. */
export function reminderText(report: GonogoReport): string {
  const { stack, decides, awaited } = report;
  return [
    `go/no-go for ${stack} is decided at ${decides}; still awaited for ${releasesText(report)}:`,
    ...awaited.map((voice) => awaitedLine(voice, report)),
    `  npx imprimatur vote … --for ${stack} --role <role> --go|--nogo --reason "…"`,
  ].join("\n");
}

/** `maya-io 2.4.1, maya-ui 2.4.0` */
export function releasesText({ releases }: GonogoReport): string {
  return releases.map(({ module, version }) => `${module} ${plain(version)}`).join(", ");
}

function summaryLines(report: GonogoReport, style: Style): string[] {
  const { stack, window, decides, decided, votes, awaited } = report;
  const where = window === undefined ? "" : `, window ${window}`;
  const when = decided === undefined ? `decided at ${decides}` : `closed at ${decided.at} by ${decided.person}`;
  return [
    `${style.bold(`go/no-go for ${stack}`)}   ${verdictText(report, style)}`,
    `  ${releasesText(report)}`,
    style.dim(`  ${when}${where}`),
    ...votes.map((vote) => voteLine(vote, report, style)),
    ...awaited.map((voice) => awaitedLine(voice, report)),
    ...otherLines(report),
  ];
}

function verdictText({ verdict, decided }: GonogoReport, style: Style): string {
  const shown = decided?.verdict ?? verdict;
  if (shown === "GO") return style.good("✔ GO");
  return shown === "NO-GO" ? style.bad("✘ NO-GO") : style.warn("○ open");
}

function voteLine(vote: GonogoReport["votes"][number], { releases }: GonogoReport, style: Style): string {
  const { verdict, person, role, reason, veto } = vote;
  const mark = verdict === "GO" ? style.good("GO  ") : style.bad("NOGO");
  const kind = verdict === "NOGO" && veto ? ", a veto" : "";
  const about = vote.releases.length === releases.length ? "" : ` on ${vote.releases.map(plain).join(", ")}`;
  return `  ${mark}  ${role} (${person}${kind})${about}: ${plain(reason)}`;
}

function awaitedLine({ role, people, releases }: GonogoReport["awaited"][number], report: GonogoReport): string {
  const who = people.length === 0 ? "nobody holds the role" : people.join(" or ");
  const about = releases.length === report.releases.length ? "" : ` on ${releases.map(plain).join(", ")}`;
  return `  ?     ${role} (${who})${about}`;
}

/** How many of the things in the way a tally names. */
const NAMED = 3;

/** What is in the way besides votes, in numbers: the terminal and `requires` have it in full. */
function otherLines({ releases, awaited }: GonogoReport): string[] {
  const isVoice = (id: string) =>
    /^(vote|stage|veto):/.test(id) || (id === "independent-approval" && awaited.length > 0);
  return releases.flatMap(({ module, version, requirements, passed }) => {
    const other = passed ? [] : inTheWay(requirements).filter(({ id }) => !isVoice(id));
    const named = other.slice(0, NAMED).map(({ id }) => plain(id));
    const ids = [...named, ...(other.length > NAMED ? ["…"] : [])].join(", ");
    return other.length === 0
      ? []
      : [`  ${count(other.length, "other thing")} in the way of ${module} ${plain(version)}: ${ids}`];
  });
}
