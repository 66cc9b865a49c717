import { type ExpectedTime, misfit } from "../calendar/fit.ts";
import { utcText } from "../calendar/local.ts";
import type { Hindrance } from "../calendar/steps.ts";
import { type Occurrence, openWindows, windowsFor } from "../calendar/windows.ts";
import type { Asked } from "../requirements.ts";
import type { CalendarFile } from "../schema/calendar.ts";
import type { Nature } from "../schema/formality.ts";
import type { Violation } from "../verdict.ts";

/** A release that a stack does not run yet, and what is asked of it there. */
export interface Arrival {
  readonly module: string;
  readonly version: string;
  readonly stack: string;
  readonly nature: Nature;
  readonly asked: Pick<Asked, "window">;
}

/** What else the rule goes by. */
export interface WindowJudges {
  readonly now: Date;
  /** Natures of changes that are expected to disrupt. */
  readonly disruptive: readonly Nature[];
  /** How long the release takes in the stack. */
  readonly expected: ExpectedTime;
  /** Why nothing may be changed in a window although its time has come, such as that nobody has confirmed it. */
  readonly hindranceOf: (occurrence: Occurrence) => Hindrance | undefined;
}

/** A release that has to go into a window is refused outside one, and where rollout and rollback do not fit into what is left. */
export function judgeWindow(
  { module, version, stack, nature, asked }: Arrival,
  calendar: CalendarFile,
  { now, disruptive, expected, hindranceOf }: WindowJudges,
): Violation[] {
  const needed = asked.window === "always" || (asked.window === "if-disruption" && disruptive.includes(nature));
  if (!needed) return [];
  const against = openWindows(calendar, { stack, module, now }).map((occurrence) => {
    const hindrance = hindranceOf(occurrence);
    const tooLate = misfit(expected, now, occurrence.end);
    return hindrance ?? (tooLate === undefined ? undefined : `it ${tooLate} of ${occurrence.window}`);
  });
  if (against.includes(undefined)) return [];
  const why = asked.window === "always" ? "goes into a window" : `is of nature ${nature}, so it goes into a window`;
  const [first] = against;
  if (typeof first === "object") {
    return [{ message: `${module} ${version} ${why} on ${stack}: ${first.message}`, remedy: first.remedy }];
  }
  const message = `${module} ${version} ${why} on ${stack}, and ${first ?? `none is open at ${utcText(now)}`}`;
  const { next } = windowsFor(calendar, { stack, module, now });
  if (next === undefined) {
    const remedy = `declare one for ${stack} in catalog/trust/calendar.yaml`;
    return [{ message: `${message}; the calendar has none to come`, remedy }];
  }
  const span = `${next.window}, from ${utcText(next.start)} to ${utcText(next.end)}`;
  return [
    {
      message: `${message}; the next is ${span}`,
      remedy: `npx imprimatur up ${stack}, from ${utcText(next.start)} on`,
    },
  ];
}
