import type { CalendarFile, Freeze, Window } from "../schema/calendar.ts";
import { startAfter, startAtOrBefore } from "./recurrence.ts";

/** One time that a window is open. */
export interface Occurrence {
  /** Name of the window. */
  readonly window: string;
  readonly start: Date;
  /** The first instant at which it is closed again. */
  readonly end: Date;
}

/** The occurrence of a window that an instant lies in; undefined where it is closed. */
export function openAt(name: string, window: Window, instant: Date): Occurrence | undefined {
  const start = startAtOrBefore(window, instant);
  if (start === undefined) return undefined;
  const occurrence = occurrenceFrom(name, window, start);
  return instant < occurrence.end ? occurrence : undefined;
}

/** The first occurrence of a window that starts after an instant; undefined where there is none. */
export function nextAfter(name: string, window: Window, instant: Date): Occurrence | undefined {
  const start = startAfter(window, instant);
  return start === undefined ? undefined : occurrenceFrom(name, window, start);
}

function occurrenceFrom(window: string, { minutes }: Window, start: Date): Occurrence {
  return { window, start, end: new Date(start.getTime() + minutes * 60_000) };
}

/** What the windows for a module in a stack are at an instant: the one that is open, or else the next. */
export function windowsFor(
  { windows }: CalendarFile,
  { stack, module, now }: { readonly stack: string; readonly module: string; readonly now: Date },
): { readonly open?: Occurrence; readonly next?: Occurrence } {
  const own = Object.entries(windows).filter(
    ([, window]) => window.stacks.includes(stack) && (window.modules?.includes(module) ?? true),
  );
  const open = own.flatMap(([name, window]) => openAt(name, window, now) ?? []);
  const next = own.flatMap(([name, window]) => nextAfter(name, window, now) ?? []);
  const [first] = next.sort((a, b) => a.start.getTime() - b.start.getTime());
  return { ...(open[0] === undefined ? {} : { open: open[0] }), ...(first === undefined ? {} : { next: first }) };
}

/** The freezes that hold for a stack at an instant, by name: from their first instant on, and not at their last. */
export function freezesAt({ freezes }: CalendarFile, stack: string, now: Date): [string, Freeze][] {
  return Object.entries(freezes).filter(
    ([, { stacks, from, until }]) =>
      stacks.includes(stack) && Date.parse(from) <= now.getTime() && now.getTime() < Date.parse(until),
  );
}
