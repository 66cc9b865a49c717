import { localText } from "../../release/calendar/local.ts";
import type { WindowStanding } from "../../release/calendar/steps.ts";
import type { Placeholder } from "../../release/schema/calendar.ts";
import type { Announcer } from "../announce.ts";

/** A text of the calendar with what it names filled in. */
function fill(text: string, { occurrence, window }: WindowStanding): string {
  const values: Readonly<Record<Placeholder, string>> = {
    window: occurrence.window,
    start: localText(occurrence.start, window.zone),
    end: localText(occurrence.end, window.zone),
    coordinator: window.coordinator ?? "whoever runs it",
  };
  return text.replaceAll(/\{(\w+)\}/g, (_, name: Placeholder) => values[name]);
}

/** What is to be said of downtime: that there is none, or how much of it and why. */
export function downtimeText({ window: { downtime } }: Pick<WindowStanding, "window">): string {
  return downtime === undefined ? "no fixed downtime" : `downtime of up to ${downtime.minutes} min: ${downtime.reason}`;
}

/** The notice that is due now and has not been given: of several, the one that is meant to come last. */
export function dueNotice({ occurrence, window, steps }: WindowStanding, now: Date) {
  const given = steps.flatMap(({ predicate }) => (predicate.step === "notice" ? (predicate.hours ?? []) : []));
  const ahead = (occurrence.start.getTime() - now.getTime()) / 3_600_000;
  const due = window.announce.notices.filter(({ hours }) => ahead <= hours);
  const [last] = due.sort((a, b) => a.hours - b.hours);
  return last === undefined || given.some((hours) => hours <= last.hours) ? undefined : last;
}

/** Gives a notice; where it is still open whether the window takes place, it says so. */
export async function sayNotice(announcer: Announcer, standing: WindowStanding, text: string): Promise<void> {
  const { window, state } = standing;
  const more = [
    ...(window.downtime === undefined ? [] : [downtimeText(standing)]),
    ...(state === "tentative" ? [`It is tentative: ${window.confirmedBy} has still to confirm it.`] : []),
  ];
  await announcer.say({ kind: "notice", text: [fill(text, standing), ...more].join("\n") });
}

/** Says that a window has begun, and that problems are not to be reported while it lasts. */
export async function sayStart(announcer: Announcer, standing: WindowStanding): Promise<void> {
  await announcer.say({ kind: "start", text: fill(standing.window.announce.start, standing) });
  await announcer.say({ kind: "hold-off", text: fill(standing.window.announce.holdOff, standing) });
}

/** Says that a window is over. */
export async function sayEnd(announcer: Announcer, standing: WindowStanding): Promise<void> {
  await announcer.say({ kind: "end", text: fill(standing.window.announce.end, standing) });
}
