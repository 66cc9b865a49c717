import { requirementLines } from "../approve/requirements.ts";
import { populationLines } from "../canary/populations.ts";
import type { Style } from "../render/style.ts";
import { count, cut, plain, wrap } from "../render/text.ts";
import type { ModuleStatus, StackStatus, StatusReport, Wait } from "./report.ts";

/** Things of one kind that are listed in full; `--json` has them all. */
const SHOWN = 12;

/** What runs where, for a terminal of `width` columns. Only commands may be longer, so that they can be copied. */
export function renderStatus(report: StatusReport, style: Style, width: number): string {
  const { at, stacks, waits, stops, owed, differences } = report;
  const nameWidth = Math.max(0, ...stacks.flatMap(({ modules }) => modules.map(({ module }) => module.length)));
  const lines = [
    style.dim(`as of ${moment(at)}`),
    // Two roles may have stopped it, each with a word of its own: it is stopped once.
    ...(stops.length === 0 ? [] : [`${style.bad("✘ the line is stopped:")} ${plain(stops.join("; "))}`]),
    ...stacks.flatMap((stack) => ["", ...stackLines(stack, nameWidth, style, width)]),
    ...waitLines(waits, style, width),
    ...owedLines(owed, style),
  ];
  const different = `${count(differences.length, "setting")} differ between them: npx imprimatur environments`;
  return `${[...lines, ...(stacks.length < 2 ? [] : ["", style.dim(different)])].join("\n")}\n`;
}

function stackLines(stack: StackStatus, nameWidth: number, style: Style, width: number): string[] {
  const { ledger, windows, cluster, populations = [] } = stack;
  const place = stack.stack === stack.class ? "" : ` (${stack.class})`;
  const last = ledger.last;
  const applied =
    last === undefined
      ? "no ledger"
      : `entry ${last.seq}, ${moment(last.at)}, ${last.action} ${last.outcome} by ${last.person}`;
  return [
    `${style.bold(plain(stack.stack))}${place}   ${style.dim(applied)}`,
    ...(ledger.broken === undefined
      ? []
      : [`  ${style.bad("✘ the ledger is broken")} at ${plain(ledger.broken.path)}: ${plain(ledger.broken.message)}`]),
    ...stack.modules.flatMap((module) => moduleLines(module, nameWidth, style, width)),
    ...windows.open.map(({ window, end }) => `  ${style.good("window")} ${plain(window)} is open until ${moment(end)}`),
    ...(windows.next === undefined
      ? []
      : [style.dim(`  window ${plain(windows.next.window)} opens ${moment(windows.next.start)}`)]),
    ...windows.freezes.map(
      ({ name, until, reason }) =>
        `  ${style.warn("frozen")} until ${moment(until)} (${plain(name)}: ${plain(reason)})`,
    ),
    ...(cluster === undefined ? [] : clusterLines(cluster, style)),
    ...populationLines(populations, style),
  ];
}

function moduleLines(status: ModuleStatus, nameWidth: number, style: Style, width: number): string[] {
  const { pinned, runs, candidate, standing, canary, flags } = status;
  const since = runs === undefined ? "" : `since ${day(runs.since)}`;
  const before = (runs?.previous ?? status.previous)?.version;
  const facts = [
    ...(status.state === "to-apply"
      ? [runs ? `pinned; ${runs.version} runs, ${since}` : "pinned, nothing applied"]
      : [since]),
    ...(runs?.blessing ? [`blessing ${runs.blessing.slice(0, 12)}`] : []),
    ...(before === undefined ? [] : [`before it ${before}`]),
    ...(pinned.floating === undefined ? [] : [`floats on ${pinned.floating}`]),
    ...(status.confidence === undefined ? [] : [`confidence ${status.confidence} %`]),
  ].filter((fact) => fact !== "");
  const head = `  ${mark(status, style)} ${plain(status.module).padEnd(nameWidth)}  `;
  const text = `${plain(pinned.version)}   ${style.dim(cut(facts.map(plain).join(" · "), Math.max(20, width - nameWidth - 20)))}`;
  const indent = " ".repeat(nameWidth + 6);
  return [
    `${head}${text}`,
    ...(standing.allowed
      ? []
      : requirementLines(standing.requirements.filter(isOpen), style).map((line) => `    ${line}`)),
    ...(canary === undefined
      ? []
      : [
          `${indent}${style.warn("canary")} ${plain(canary.canary ?? "none")} for ${canary.population} % since ${day(canary.since)}${canary.owed ? ", population owed back to 0" : ""}`,
        ]),
    ...(candidate === undefined
      ? []
      : wrap(`${candidate.version} from ${candidate.from}: ${candidateText(candidate)}`, width - indent.length - 2).map(
          (line, index) => `${indent}${index === 0 ? style.dim("→") : " "} ${line}`,
        )),
    ...flags
      .filter(({ setting, stale }) => stale.length > 0 || setting !== "false")
      .map(
        ({ flag, setting, maturity, stale }) =>
          `${indent}${style.dim(`${plain(flag)}=${plain(setting)}`)} ${maturity}${stale.length > 0 ? style.warn(`, ${stale.map(plain).join("; ")}`) : ""}`,
      ),
  ];
}

/** What a candidate is short of, in a few words; what refuses it in full, since it waits for nobody. */
export function candidateText({ blessed, passed, requirements }: NonNullable<ModuleStatus["candidate"]>): string {
  if (blessed) return "blessed, to be promoted";
  const open = requirements.filter(isOpen);
  const refused = open.filter(({ state }) => state === "refused").map(({ text }) => text);
  if (open.length === 0) return passed ? "all there, to be blessed" : "nothing is asked for";
  return [
    ...(refused.length > 0 ? [`refused: ${refused.join("; ")}`] : []),
    ...(open.length > refused.length ? [`${open.length - refused.length} missing`] : []),
  ].join(", ");
}

function isOpen({ state }: { readonly state: string }): boolean {
  return state === "missing" || state === "refused";
}

function mark({ state }: ModuleStatus, style: Style): string {
  return {
    running: style.good("✔"),
    "to-apply": style.warn("◆"),
    unrecorded: style.dim("·"),
    refused: style.bad("✘"),
  }[state];
}

function clusterLines(cluster: NonNullable<StackStatus["cluster"]>, style: Style): string[] {
  if (!cluster.answered) return [style.dim(`  cluster: not asked, or no answer: ${plain(cluster.text)}`)];
  const shown = cluster.findings.slice(0, SHOWN);
  const rest = cluster.findings.length - shown.length;
  return [
    style.dim(`  cluster ${cluster.text}${cluster.findings.length === 0 ? ", all as the ledger says" : ""}`),
    ...shown.map(({ kind, namespace, where, text }) => {
      const sign = kind === "missing" ? style.warn("○ missing") : style.bad(`✘ ${kind}`);
      return `  ${sign} ${plain(namespace)}/${plain(where)} ${plain(text)}`;
    }),
    ...(rest > 0 ? [`  … and ${rest} more; --json lists them`] : []),
  ];
}

function waitLines(waits: readonly Wait[], style: Style, width: number): string[] {
  if (waits.length === 0) return [];
  return [
    "",
    style.bold("waits for"),
    ...waits.flatMap(({ role, people, items }) => [
      `  ${whoText(role, people)}   ${style.dim(count(items.length, "thing"))}`,
      ...items
        .slice(0, SHOWN)
        .flatMap(({ module, version, stack, text, command }) => [
          `    ○ ${plain(`${module} ${version}`)} for ${plain(stack)}: ${cut(plain(text), width)}`,
          ...(command === undefined ? [] : [style.dim(`        ${plain(command)}`)]),
        ]),
      ...(items.length > SHOWN ? [`    … and ${items.length - SHOWN} more; --json lists them`] : []),
    ]),
  ];
}

function owedLines(owed: StatusReport["owed"], style: Style): string[] {
  if (owed.length === 0) return [];
  return [
    "",
    style.bold("owed"),
    ...owed.map(({ id, kind, what, owner, since, due }) => {
      const until = due === undefined ? `since ${day(since)}` : `until ${day(due)}`;
      return `  ○ ${plain(owner)}: ${kind} ${id}, ${plain(what)}, ${until}`;
    }),
  ];
}

function whoText(role: string | undefined, people: readonly string[]): string {
  if (role !== undefined)
    return `${plain(role)} (${people.length === 0 ? "nobody holds it" : people.map(plain).join(", ")})`;
  return people.length === 0 ? "time, or nobody in particular" : people.map(plain).join(", ");
}

function day(instant: string): string {
  return instant.slice(0, 10);
}

function moment(instant: string): string {
  return `${new Date(instant).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
