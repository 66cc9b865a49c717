import type { Counts, PreviewReport, StackReport, VerdictReport } from "../report.ts";
import { MARKS, type Style } from "./style.ts";
import { count, cut, plain, resourceName, wrap } from "./text.ts";
import { treeLines } from "./treeLines.ts";

/** Violations of one policy that are shown in full; `--json` has them all. */
const SHOWN_VIOLATIONS = 10;

/** A preview for a terminal of `width` columns. Only a remedy may be longer, so that it can be copied in one piece. */
export function renderTerminal(report: PreviewReport, style: Style, width: number): string {
  const columns = headingColumns(report.stacks);
  const stacks = report.stacks.flatMap((stack) => ["", ...stackLines(stack, columns, style, width)]);
  return `${[...headLines(report, style, width), ...stacks, "", ...summaryLines(report, style, width)].join("\n")}\n`;
}

function headLines({ engine, base, at, sets }: PreviewReport, style: Style, width: number): string[] {
  const commit = base.commit === undefined ? "nothing" : base.commit.slice(0, 12);
  const limits = engine.name === "offline" ? "previews, never applies; " : "";
  const lines = [
    ["engine", `${engine.name} (${limits}${engine.reason})`],
    ["compared", `with ${commit} (${base.reason})`],
    ...(at === undefined ? [] : [["judged", `for ${at}`]]),
    ...(sets.length === 0 ? [] : [["what if", sets.map(plain).join(" ")]]),
  ];
  return lines.map(([label = "", text = ""]) => style.dim(cut(`${label.padEnd(9)} ${plain(text)}`, width)));
}

/** Widths that make the headings of all stacks line up. */
interface HeadingColumns {
  readonly name: number;
  readonly class: number;
  readonly total: number;
}

function headingColumns(stacks: readonly StackReport[]): HeadingColumns {
  const widest = (text: (stack: StackReport) => string) => Math.max(0, ...stacks.map((stack) => text(stack).length));
  return {
    name: widest(({ name }) => name),
    class: widest((stack) => stack.class),
    total: widest((stack) => `${totalOf(stack)}`),
  };
}

/** Resources that there would be. */
function totalOf({ resources, counts }: StackReport): number {
  return resources.length - counts.delete;
}

function stackLines(stack: StackReport, columns: HeadingColumns, style: Style, width: number): string[] {
  const news = stack.compared ? [] : [style.dim("  all new: the base has no plan of this stack")];
  return [
    headingLine(stack, columns, style),
    ...news,
    ...treeLines(stack, style, width),
    ...waveLines(stack, style, width),
    ...stack.warnings.flatMap((warning) => wrap(warning, width - 4).map((line) => `  ${style.warn("!")} ${line}`)),
    ...stack.verdicts.flatMap((verdict) => verdictLines(verdict, style, width)),
  ];
}

/** In which order modules start, where any waits for another. */
function waveLines({ waves }: StackReport, style: Style, width: number): string[] {
  if (waves.length < 2) return [];
  return waves.map((wave, index) => {
    const label = index === 0 ? "starts" : "then";
    return style.dim(cut(`  ${label.padEnd(6)}  ${wave.map(plain).join(", ")}`, width));
  });
}

function headingLine(stack: StackReport, columns: HeadingColumns, style: Style): string {
  const number = (state: ReturnType<typeof stateOf>) =>
    stack.verdicts.filter((verdict) => stateOf(verdict) === state).length;
  const [passed, refused, advised] = [number("passed"), number("refused"), number("advised")];
  const policies = [
    style.dim("policies"),
    style.good(`${passed} ✔`),
    ...(refused > 0 ? [style.bad(`${refused} ✘`)] : []),
    ...(advised > 0 ? [style.warn(`${advised} !`)] : []),
  ];
  const name = stack.name.padEnd(columns.name);
  return [
    stack.allowed ? style.bold(name) : style.bad(name),
    style.dim(`class ${stack.class.padEnd(columns.class)}`),
    `${`${totalOf(stack)}`.padStart(columns.total)} resources`,
    countsText(stack.counts, style),
    policies.join("  "),
  ].join("   ");
}

/** `+ 4  ~ 2  ± 0  - 0` */
function countsText(counts: Counts, style: Style): string {
  const shown = (["create", "update", "replace", "delete"] as const).map((op) => {
    const text = `${MARKS[op]} ${counts[op]}`;
    return counts[op] === 0 ? style.dim(text) : style.op(op, text);
  });
  return shown.join("  ");
}

function stateOf({ level, violations }: VerdictReport): "passed" | "refused" | "advised" {
  if (violations.length === 0) return "passed";
  return level === "mandatory" ? "refused" : "advised";
}

function verdictLines(verdict: VerdictReport, style: Style, width: number): string[] {
  const { policy, violations } = verdict;
  const state = stateOf(verdict);
  if (state === "passed") return [`  ${style.good("✔")} ${style.dim(plain(policy))}`];
  const paint = state === "refused" ? style.bad : style.warn;
  const noun = state === "refused" ? "refusal" : "warning";
  const heading = `${paint(state === "refused" ? "✘" : "!")} ${style.bold(plain(policy))}`;
  const amount = violations.length === 1 ? "" : style.dim(`   ${count(violations.length, noun)}`);
  const left = violations.length - SHOWN_VIOLATIONS;
  return [
    `  ${heading}${amount}`,
    ...violations
      .slice(0, SHOWN_VIOLATIONS)
      .flatMap(({ urn, message, remedy }) => [
        ...labelled(
          "where",
          urn === undefined ? ["the stack as a whole"] : [cut(resourceName(urn), width - 13)],
          style,
        ),
        ...labelled("why", wrap(message, width - 13), style),
        ...(remedy === undefined ? [] : labelled("next", [plain(remedy)], style)),
      ]),
    ...(left > 0 ? [style.dim(`      and ${left} more; --json shows all`)] : []),
  ];
}

function labelled(label: string, lines: readonly string[], style: Style): string[] {
  return lines.map((line, index) => `      ${style.dim((index === 0 ? label : "").padEnd(5))}  ${line}`);
}

function summaryLines({ stacks, counts }: PreviewReport, style: Style, width: number): string[] {
  const refused = stacks.filter(({ allowed }) => !allowed);
  const allowed = stacks.length - refused.length;
  const verdict =
    refused.length === 0
      ? style.good(`✔ ${count(stacks.length, "stack")}, none refused`)
      : style.bad(`✘ ${count(stacks.length, "stack")}, ${allowed} allowed, ${refused.length} refused`);
  const by = refused.map(({ name, verdicts }) => {
    const policies = verdicts.filter((entry) => stateOf(entry) === "refused").map(({ policy }) => plain(policy));
    return cut(`  ${name} by ${policies.join(", ")}`, width);
  });
  return [`${verdict}   ${countsText(counts, style)}`, ...by];
}
