import { z } from "zod";
import type { Operated } from "../../engine/update.ts";
import { prettyJson } from "../../release/json.ts";
import { Commit, Name } from "../../release/schema/common.ts";
import { noteLine } from "../approve/outcome.ts";
import { terminalWidth } from "../print.ts";
import { createStyle, type Style, wantsColour } from "../render/style.ts";
import { renderTerminal } from "../render/terminal.ts";
import { plain } from "../render/text.ts";
import { PreviewReport } from "../report.ts";
import { countsText } from "./steps.ts";

/** What was done to a stack, and how it ended. */
export const OperationReport = z.strictObject({
  succeeded: z.boolean(),
  counts: z.record(z.string(), z.int()).describe("Resources by what was done to them, in the engine's words"),
  problems: z.array(z.strictObject({ file: z.string(), path: z.string(), message: z.string() })),
  durationSeconds: z.number(),
});
type OperationReport = z.infer<typeof OperationReport>;

/** What `imprimatur up --json` prints. */
export const UpReport = z
  .strictObject({
    stack: Name,
    backend: z.string(),
    preview: PreviewReport.optional().describe("What was found out before anything was applied"),
    plan: z
      .strictObject({
        sha256: z.string(),
        commit: Commit.optional(),
        reproduced: z.boolean().describe("The preview comes to the committed plan"),
      })
      .optional(),
    difference: PreviewReport.optional().describe("How the preview differs from the committed plan"),
    refused: z.strictObject({ reason: z.string(), next: z.array(z.string()) }).optional(),
    unchanged: z.literal(true).optional().describe("Nothing differs from what was applied, so nothing was done"),
    applied: OperationReport.optional(),
    entry: z.strictObject({ path: z.string(), action: z.string(), person: Name }).optional(),
    notes: z.array(z.string()),
  })
  .meta({ title: "Imprimatur up", id: "up" });
export type UpReport = z.infer<typeof UpReport>;

/** An operation in the form of reports. */
export function operationReport({ succeeded, counts, problems, durationSeconds }: Operated): OperationReport {
  const told = problems.map(({ file, path, message }) => ({ file, path, message }));
  return { succeeded, counts: { ...counts }, problems: told, durationSeconds };
}

/** Wider lines are hard to read. */
const MAX_WIDTH = 100;

/** Prints what is found out as it is found, for people; with `--json`, all of it at the end. */
export class UpPrinter {
  readonly #json: boolean;
  readonly #style: Style;

  constructor({ json = false, color }: { readonly json?: boolean; readonly color: boolean }) {
    this.#json = json;
    this.#style = createStyle(wantsColour(process.stdout, color));
  }

  preview(report: PreviewReport): void {
    const width = terminalWidth(MAX_WIDTH);
    if (!this.#json) process.stdout.write(renderTerminal(report, this.#style, width));
  }

  difference(report: PreviewReport): void {
    if (!this.#json) process.stdout.write("\nThis is how it differs from the committed plan:\n");
    this.preview(report);
  }

  end(report: UpReport): void {
    if (this.#json) process.stdout.write(prettyJson(report));
    else process.stdout.write(`${["", ...this.#lastLines(report)].join("\n")}\n`);
  }

  #lastLines({ stack, refused, unchanged, applied, entry, notes }: UpReport): string[] {
    return [
      ...(unchanged ? [`${this.#style.good("✔")} ${stack} is as it was applied: nothing was done`] : []),
      ...(refused === undefined ? [] : refusalLines(refused, this.#style)),
      ...(applied === undefined ? [] : operationLines(`${stack} applied`, applied, this.#style)),
      ...(entry === undefined ? [] : [`  recorded  ${entry.path} (${entry.action}), signed by ${entry.person}`]),
      ...notes.map((note) => noteLine(plain(note))),
    ];
  }
}

function refusalLines(refused: NonNullable<UpReport["refused"]>, style: Style): string[] {
  return [
    `${style.bad("✘")} refused: ${plain(refused.reason)}`,
    ...refused.next.map((command) => `  next  ${plain(command)}`),
  ];
}

/** @param done what succeeded, such as `dev applied` */
function operationLines(done: string, operation: OperationReport, style: Style): string[] {
  const seconds = `${Math.round(operation.durationSeconds)} s`;
  if (operation.succeeded) return [`${style.good("✔")} ${done} in ${seconds}: ${countsText(operation.counts)}`];
  return [
    `${style.bad("✘")} failed after ${seconds}: ${countsText(operation.counts)} done`,
    ...operation.problems.flatMap(({ file, path, message }) => [
      `  ${plain([file, path].filter((part) => part !== "").join(" "))}`,
      ...message.split("\n").map((line) => `    ${plain(line)}`),
    ]),
  ];
}
