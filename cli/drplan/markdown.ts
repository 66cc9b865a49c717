import { utcText } from "../../release/calendar/local.ts";
import { cell, code, prose } from "../render/markdownText.ts";
import type { DrPlan, ModulePlan } from "./report.ts";

/** A plan as the page that people open when something is broken: what to type stands first. */
export function renderPlan(plan: DrPlan): string {
  const { stack, at, modules, whole, channel, gaps } = plan;
  const where = channel === undefined ? "" : ` Talk in ${code(channel)}.`;
  const up = `npx imprimatur up ${stack}`;
  const parts = [
    `# Disaster recovery: ${code(stack)}`,
    `For ${modules.map(({ module, release }) => code(`${module} ${release.version}`)).join(", ")}, as of ${utcText(new Date(at))}.${where}`,
    ...(gaps.length === 0 ? [] : [list("## This plan has gaps", gaps.map(prose))]),
    `## Stop what is under way\n\n${block(['npx imprimatur stop-the-line --reason "…"'])}`,
    `## Take it back\n\nIn this order: what needs others goes first. ${WHY}`,
    block([...modules.map(({ command }) => command), up]),
    ...(whole === undefined ? [] : [`Or all at once, the whole environment:\n\n${block([whole, up])}`]),
    `## What is known good\n\n${table(modules)}`,
    ...provisionParts(modules),
    `## Who is on call\n\n${modules.map(onCallLine).join("\n")}`,
    `## Afterwards\n\n${block([`npx imprimatur status ${stack}`, `npx imprimatur drift ${stack}`])}`,
  ];
  return `${parts.join("\n\n")}\n`;
}

const WHY = "Nothing is repaired in place: what ran before runs again, as it was.";

function table(modules: readonly ModulePlan[]): string {
  const rows = modules.map(({ module, release, knownGood, passedOver }) => {
    const good = knownGood === undefined ? "none" : cell(knownGood.version);
    const since = knownGood === undefined ? "—" : `entry ${knownGood.entry}, ${utcText(new Date(knownGood.since))}`;
    const over = passedOver.map(({ version, why }) => `${cell(version)}: ${prose(why)}`).join("; ") || "—";
    return `| ${module} | ${cell(release.version)} | ${good} | ${since} | ${over} |`;
  });
  return [
    "| module | release | known good | in the ledger | passed over |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

function provisionParts(modules: readonly ModulePlan[]): string[] {
  const lines = modules.flatMap(({ module, provisions }) =>
    provisions.map(({ person, text }) => `${module}: ${prose(text)} (${person})`),
  );
  return lines.length === 0 ? [] : [list("## Special provisions", lines)];
}

function onCallLine({ module, onCall, said }: ModulePlan): string {
  const people =
    onCall.map(({ person, name, role }) => `${prose(name)} (${person}, ${role})`).join(", ") || "**nobody**";
  return [`- ${module}: ${people}`, ...said.map(({ person, text }) => `  - ${prose(text)} (signed by ${person})`)].join(
    "\n",
  );
}

function list(heading: string, lines: readonly string[]): string {
  return `${heading}\n\n${lines.map((line) => `- ${line}`).join("\n")}`;
}

function block(lines: readonly string[]): string {
  return `\`\`\`sh\n${lines.join("\n")}\n\`\`\``;
}
