import { windowsFor } from "../calendar/windows.ts";
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

/**
 * A release that has to go into a window is refused outside one.
 * @param disruptive natures of changes that are expected to disrupt
 */
export function judgeWindow(
  { module, version, stack, nature, asked }: Arrival,
  calendar: CalendarFile,
  { now, disruptive }: { readonly now: Date; readonly disruptive: readonly Nature[] },
): Violation[] {
  const needed = asked.window === "always" || (asked.window === "if-disruption" && disruptive.includes(nature));
  if (!needed) return [];
  const { open, next } = windowsFor(calendar, { stack, module, now });
  if (open !== undefined) return [];
  const why = asked.window === "always" ? "goes into a window" : `is of nature ${nature}, so it goes into a window`;
  const message = `${module} ${version} ${why} on ${stack}, and none is open at ${text(now)}`;
  if (next === undefined) {
    const remedy = `declare one for ${stack} in catalog/trust/calendar.yaml`;
    return [{ message: `${message}; the calendar has none to come`, remedy }];
  }
  const span = `${next.window}, from ${text(next.start)} to ${text(next.end)}`;
  return [
    { message: `${message}; the next is ${span}`, remedy: `npx imprimatur up ${stack}, from ${text(next.start)} on` },
  ];
}

function text(instant: Date): string {
  return instant.toISOString().replace(".000Z", "Z");
}
