import { localDate } from "../../release/calendar/local.ts";
import { startAtOrBefore } from "../../release/calendar/recurrence.ts";
import { nextAfter, type Occurrence, occurrencesIn, openAt } from "../../release/calendar/windows.ts";
import { nearestHint, refuseInput } from "../../release/errors.ts";
import type { Window } from "../../release/schema/calendar.ts";
import type { Context } from "../context.ts";

const DAY = 86_400_000;

/** A window of the calendar by its name, as it was given. @throws InputError that names the nearest */
export function findWindow({ catalogue }: Context, name: string, file = "<window>"): Window {
  const { windows } = catalogue.calendar;
  const found = windows[name];
  if (found !== undefined) return found;
  const message = "is no window of catalog/trust/calendar.yaml";
  refuseInput({ file, path: "", message, value: name, ...nearestHint(name, Object.keys(windows)) });
}

/** Which date of a window is meant. */
interface Wanted {
  /** The local date that it starts on; without it, the nearest. */
  readonly on?: string | undefined;
  /** Without a date: the last that has begun, instead of the one that is open or else the next. */
  readonly begun?: boolean;
  readonly now: Date;
}

/** One date of a window. @throws InputError where there is none */
export function findOccurrence(context: Context, name: string, { on, begun = false, now }: Wanted): Occurrence {
  const window = findWindow(context, name);
  if (on !== undefined) return occurrenceOn(name, window, on);
  const found = begun ? lastBegun(name, window, now) : (openAt(name, window, now) ?? nextAfter(name, window, now));
  if (found !== undefined) return found;
  refuseInput({
    file: "<window>",
    path: "",
    message: `has no date ${begun ? "that has begun" : "to come"}`,
    value: name,
  });
}

function occurrenceOn(name: string, window: Window, on: string): Occurrence {
  const noon = Date.parse(`${on}T12:00:00Z`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(on) || Number.isNaN(noon)) {
    refuseInput({ file: "--on", path: "", message: "must be a date, such as 2026-08-06", value: on });
  }
  const near = occurrencesIn(name, window, new Date(noon - 2 * DAY), new Date(noon + 2 * DAY));
  const found = near.find(({ start }) => localDate(start, window.zone) === on);
  if (found !== undefined) return found;
  const next = nextAfter(name, window, new Date(noon));
  const hint = next === undefined ? {} : { nearest: localDate(next.start, window.zone) };
  refuseInput({ file: "--on", path: "", message: `${name} does not take place on that date`, value: on, ...hint });
}

function lastBegun(name: string, window: Window, now: Date): Occurrence | undefined {
  const start = startAtOrBefore(window, now);
  return start === undefined ? undefined : openAt(name, window, start);
}
