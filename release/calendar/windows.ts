import type { CalendarFile, Freeze, Window } from "../schema/calendar.ts";
import { type Recurrence, startAfter, startAtOrBefore, startsBetween } from "./recurrence.ts";

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

function occurrenceFrom(window: string, { minutes }: { readonly minutes: number }, start: Date): Occurrence {
  return { window, start, end: new Date(start.getTime() + minutes * 60_000) };
}

/** Every occurrence of a window, or of something else that recurs, that lies at least partly in a span of time. */
export function occurrencesIn(
  name: string,
  when: Recurrence & { readonly minutes: number },
  from: Date,
  to: Date,
): Occurrence[] {
  const earliest = new Date(from.getTime() - when.minutes * 60_000 + 1);
  return startsBetween(when, earliest, to)
    .map((start) => occurrenceFrom(name, when, start))
    .filter(({ start, end }) => end > from && start < to);
}

/** The windows that concern a module in a stack, by name. */
function windowsOf({ windows }: CalendarFile, stack: string, module: string): [string, Window][] {
  return Object.entries(windows).filter(
    ([, window]) => window.stacks.includes(stack) && (window.modules?.includes(module) ?? true),
  );
}

/** What is asked of the calendar: for which module, where, and when. */
interface Asking {
  readonly stack: string;
  readonly module: string;
  readonly now: Date;
}

/** Every window for a module in a stack that an instant lies in; the one that stays open longest comes first. */
export function openWindows(calendar: CalendarFile, { stack, module, now }: Asking): Occurrence[] {
  return windowsOf(calendar, stack, module)
    .flatMap(([name, window]) => openAt(name, window, now) ?? [])
    .sort((a, b) => b.end.getTime() - a.end.getTime());
}

/** What the windows for a module in a stack are at an instant: the one that is open, and the next. */
export function windowsFor(
  calendar: CalendarFile,
  asking: Asking,
): { readonly open?: Occurrence; readonly next?: Occurrence } {
  const [open] = openWindows(calendar, asking);
  const [next] = windowsOf(calendar, asking.stack, asking.module)
    .flatMap(([name, window]) => nextAfter(name, window, asking.now) ?? [])
    .sort((a, b) => a.start.getTime() - b.start.getTime());
  return { ...(open === undefined ? {} : { open }), ...(next === undefined ? {} : { next }) };
}

/** The freezes that hold for a stack at an instant, by name: from their first instant on, and not at their last. */
export function freezesAt({ freezes }: CalendarFile, stack: string, now: Date): [string, Freeze][] {
  return Object.entries(freezes).filter(
    ([, { stacks, from, until }]) =>
      stacks.includes(stack) && Date.parse(from) <= now.getTime() && now.getTime() < Date.parse(until),
  );
}
