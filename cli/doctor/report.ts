import { z } from "zod";
import type { Style } from "../render/style.ts";
import { count, plain } from "../render/text.ts";

const State = z.enum(["ok", "warning", "problem", "skipped"]);

const Check = z.strictObject({
  /** What was looked at, such as `clock`. */
  check: z.string(),
  /** The stack that it is about; absent where it is about all of them. */
  stack: z.string().optional(),
  state: State,
  message: z.string(),
  /** What to do about it. */
  next: z.string().optional(),
});
export type Check = z.infer<typeof Check>;

/** What `doctor` has found (`schemas/doctor.json`). */
export const DoctorReport = z
  .strictObject({ healthy: z.boolean().describe("There is no problem"), checks: z.array(Check) })
  .meta({ title: "Imprimatur doctor" });
export type DoctorReport = z.infer<typeof DoctorReport>;

/** What one look at something found; the name of the check is added where it is called. */
export type Found = Omit<Check, "check">;

export const ok = (message: string): Found => ({ state: "ok", message });
export const skipped = (message: string): Found => ({ state: "skipped", message });
export const warning = (message: string, next: string): Found => ({ state: "warning", message, next });
export const problem = (message: string, next: string): Found => ({ state: "problem", message, next });

/** The report for a terminal. */
export function renderDoctor({ checks }: DoctorReport, style: Style): string {
  const marks = {
    ok: style.good("✔"),
    warning: style.warn("⚠"),
    problem: style.bad("✘"),
    skipped: style.dim("·"),
  };
  const width = Math.max(...checks.map((check) => titleOf(check).length));
  const lines = checks.flatMap((check) => [
    `${marks[check.state]} ${titleOf(check).padEnd(width)}  ${plain(check.message)}`,
    ...(check.next === undefined ? [] : [`  ${"".padEnd(width)}  ${style.dim("next")} ${plain(check.next)}`]),
  ]);
  const number = (state: Check["state"]) => checks.filter((check) => check.state === state).length;
  const total = `${count(number("problem"), "problem")}, ${count(number("warning"), "warning")}, ${number("ok")} fine, ${number("skipped")} not looked at`;
  return `${[...lines, total].join("\n")}\n`;
}

function titleOf({ check, stack }: Check): string {
  return stack === undefined ? check : `${check} ${stack}`;
}
