import { z } from "zod";
import { localText } from "../../release/calendar/local.ts";
import type { WindowStanding } from "../../release/calendar/steps.ts";
import { Instant, Name } from "../../release/schema/common.ts";
import type { Style } from "../render/style.ts";
import { plain } from "../render/text.ts";
import { downtimeText } from "./announcements.ts";

const STATES = ["tentative", "unacknowledged", "planned", "open", "over", "closed"] as const;

const StackState = z.strictObject({
  stack: Name,
  operator: Name.optional().describe("Role that operates it, where it is handed over"),
  state: z.enum(["to do", "applied", "handed over", "failed"]),
});

/** How one date of a window stands. */
export const WindowReport = z.strictObject({
  window: Name,
  description: z.string(),
  start: Instant,
  end: Instant,
  local: z.string().describe("Its start, as people in its time zone read it"),
  state: z.enum(STATES),
  hindrance: z.string().optional().describe("Why nothing may be changed in it"),
  next: z.string().optional().describe("What lifts the hindrance"),
  downtime: z.string(),
  coordinator: Name.optional(),
  modules: z.array(Name).optional().describe("For these modules only; absent for all"),
  stacks: z.array(StackState).describe("In the order in which they are changed"),
  steps: z.array(
    z.strictObject({ step: z.string(), person: z.string(), at: Instant, stack: Name.optional(), note: z.string() }),
  ),
});
export type WindowReport = z.infer<typeof WindowReport>;

/** What `window list|next|show --json` prints (`schemas/windows.json`). */
export const WindowsReport = z
  .strictObject({ at: Instant, windows: z.array(WindowReport) })
  .meta({ title: "Imprimatur windows" });

/** Puts how a window stands into plain data. */
export function windowReport(standing: WindowStanding): WindowReport {
  const { occurrence, window, state, hindrance, steps } = standing;
  return {
    window: occurrence.window,
    description: window.description,
    start: occurrence.start.toISOString(),
    end: occurrence.end.toISOString(),
    local: localText(occurrence.start, window.zone),
    state,
    ...(hindrance === undefined ? {} : { hindrance: hindrance.message, next: hindrance.remedy }),
    downtime: downtimeText(standing),
    ...(window.coordinator === undefined ? {} : { coordinator: window.coordinator }),
    ...(window.modules === undefined ? {} : { modules: window.modules }),
    stacks: stackStates(standing),
    steps: steps.map(({ person, predicate: { step, at, stack, note } }) => ({
      step,
      person,
      at,
      ...(stack === undefined ? {} : { stack }),
      note,
    })),
  };
}

/** How far each stack of a window is, in their order. */
export function stackStates({ window, steps }: Pick<WindowStanding, "window" | "steps">) {
  const named = { applied: "applied", "handed-over": "handed over", failed: "failed" } as const;
  return window.stacks.map((stack): z.infer<typeof StackState> => {
    const last = steps.findLast(({ predicate }) => predicate.stack === stack)?.predicate.step;
    const state = last !== undefined && last in named ? named[last as keyof typeof named] : "to do";
    const operator = window.operators[stack]?.role;
    return { stack, ...(operator === undefined ? {} : { operator }), state };
  });
}

/** A line for each window. */
export function windowLines(reports: readonly WindowReport[], style: Style): string[] {
  return reports.flatMap(({ window, local, start, end, state, downtime, stacks, next }) => [
    `${style.bold(window)}  ${local}, for ${(Date.parse(end) - Date.parse(start)) / 60_000} min  ${state}`,
    `  ${stacks.map(({ stack }) => stack).join(" → ")}  ${style.dim(plain(downtime))}`,
    ...(next === undefined ? [] : [`  next  ${next}`]),
  ]);
}

/** All that there is to say of one date of a window. */
export function windowDetails(report: WindowReport, style: Style): string[] {
  const { description, coordinator, modules, hindrance, stacks, steps } = report;
  return [
    ...windowLines([report], style),
    `  ${plain(description)}${coordinator === undefined ? "" : `; ${coordinator} coordinates`}`,
    ...(modules === undefined ? [] : [`  for ${modules.join(", ")}`]),
    ...(hindrance === undefined ? [] : [`  ${style.bad("✘")} ${plain(hindrance)}`]),
    ...stacks.map(
      ({ stack, operator, state }) =>
        `  ${stack}: ${state}${operator === undefined ? "" : `, operated by ${operator}`}`,
    ),
    ...steps.map(({ step, person, at, stack, note }) =>
      plain(`  ${at}  ${step}${stack === undefined ? "" : ` ${stack}`} by ${person}${note === "" ? "" : `: ${note}`}`),
    ),
  ];
}
