import type { Catalogue } from "../catalogue.ts";
import type { Files } from "../files.ts";
import type { CalendarFile } from "../schema/calendar.ts";
import { standingOf, type WindowStanding } from "./steps.ts";
import { occurrencesIn } from "./windows.ts";

/** Something in the calendar: one date of a window or meeting, or a freeze. */
export interface CalendarDate {
  readonly kind: "window" | "event" | "freeze";
  readonly name: string;
  readonly description: string;
  readonly start: Date;
  readonly end: Date;
  /** Time zone that it is kept in; absent for a freeze. */
  readonly zone?: string;
  /** Offsets from UTC that the two ends of a freeze are written in, such as `-08:00`. */
  readonly offsets?: readonly [start: string, end: string];
  readonly stacks: readonly string[];
  /** How a window stands. */
  readonly standing?: WindowStanding;
  /** Freezes that a window falls into, at least in part, and the stacks of it that they hold for. */
  readonly frozen?: readonly { readonly freeze: string; readonly stacks: readonly string[] }[];
}

/** All that the calendar has in a span of time, in order of start. */
export function datesIn(catalogue: Catalogue, files: Files, from: Date, to: Date, now: Date): CalendarDate[] {
  const { windows, events, freezes } = catalogue.calendar;
  const opened = Object.entries(windows).flatMap(([name, window]) =>
    occurrencesIn(name, window, from, to).map((occurrence): CalendarDate => {
      const { description, stacks, zone } = window;
      const standing = standingOf(catalogue, files, occurrence, now);
      const frozen = freezesOver(freezes, occurrence, stacks);
      return { kind: "window", name, description, ...span(occurrence), zone, stacks, standing, frozen };
    }),
  );
  const met = Object.entries(events).flatMap(([name, event]) =>
    occurrencesIn(name, event, from, to).map((occurrence): CalendarDate => {
      const stacks = windows[event.of ?? ""]?.stacks ?? [];
      const { description, zone } = event;
      return { kind: "event", name, description, ...span(occurrence), zone, stacks };
    }),
  );
  const frozen = Object.entries(freezes)
    .map(([name, { from: start, until, stacks, reason }]): CalendarDate => {
      const offsets = [offsetOf(start), offsetOf(until)] as const;
      return {
        kind: "freeze",
        name,
        description: reason,
        start: new Date(start),
        end: new Date(until),
        offsets,
        stacks,
      };
    })
    .filter(({ start, end }) => end > from && start < to);
  return [...opened, ...met, ...frozen].sort(
    (a, b) => a.start.getTime() - b.start.getTime() || (a.name < b.name ? -1 : 1),
  );
}

function freezesOver(
  freezes: CalendarFile["freezes"],
  { start, end }: Pick<CalendarDate, "start" | "end">,
  stacks: readonly string[],
): NonNullable<CalendarDate["frozen"]> {
  return Object.entries(freezes)
    .filter(([, { from, until }]) => new Date(from) < end && start < new Date(until))
    .map(([freeze, held]) => ({ freeze, stacks: stacks.filter((stack) => held.stacks.includes(stack)) }))
    .filter((frozen) => frozen.stacks.length > 0);
}

function offsetOf(instant: string): string {
  return /[+-]\d{2}:\d{2}$/.exec(instant)?.[0] ?? "UTC";
}

function span({ start, end }: { readonly start: Date; readonly end: Date }) {
  return { start, end };
}
