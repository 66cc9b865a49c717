import type { Catalogue } from "../catalogue.ts";
import type { Files } from "../files.ts";
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
  readonly stacks: readonly string[];
  /** How a window stands. */
  readonly standing?: WindowStanding;
}

/** All that the calendar has in a span of time, in order of start. */
export function datesIn(catalogue: Catalogue, files: Files, from: Date, to: Date, now: Date): CalendarDate[] {
  const { windows, events, freezes } = catalogue.calendar;
  const opened = Object.entries(windows).flatMap(([name, window]) =>
    occurrencesIn(name, window, from, to).map((occurrence): CalendarDate => {
      const { description, stacks, zone } = window;
      const standing = standingOf(catalogue, files, occurrence, now);
      return { kind: "window", name, description, ...span(occurrence), zone, stacks, standing };
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
      return { kind: "freeze", name, description: reason, start: new Date(start), end: new Date(until), stacks };
    })
    .filter(({ start, end }) => end > from && start < to);
  return [...opened, ...met, ...frozen].sort(
    (a, b) => a.start.getTime() - b.start.getTime() || (a.name < b.name ? -1 : 1),
  );
}

function span({ start, end }: { readonly start: Date; readonly end: Date }) {
  return { start, end };
}
