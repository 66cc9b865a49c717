import fc from "fast-check";
import ICAL from "ical.js";
import { describe, expect, it } from "vitest";
import { localDate, localText } from "../../../release/calendar/local.ts";
import { startsBetween } from "../../../release/calendar/recurrence.ts";
import { nextAfter, occurrencesIn, openAt } from "../../../release/calendar/windows.ts";
import { CalendarFile } from "../../../release/schema/calendar.ts";

const DAY = 86_400_000;
const FIRST = Date.parse("2026-01-01T00:00:00Z");
const LAST = Date.parse("2126-01-01T00:00:00Z");

/** Zones whose clocks change by an hour, by half of one, at midnight, in winter only, and never. */
const ZONES = [
  "America/Santiago",
  "America/Los_Angeles",
  "America/Vancouver",
  "Asia/Kolkata",
  "Europe/Dublin",
  "Australia/Lord_Howe",
  "Africa/Cairo",
  "Pacific/Auckland",
  "UTC",
];
const RULES = [
  "FREQ=DAILY",
  "FREQ=WEEKLY;BYDAY=TH",
  "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
  "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
  "FREQ=MONTHLY;BYDAY=1WE",
  "FREQ=MONTHLY;BYDAY=-1FR",
  "FREQ=MONTHLY;BYMONTHDAY=31",
  "FREQ=MONTHLY;BYMONTH=1,4,7,10;BYDAY=2TU",
  "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
];

/** Any window; in some zones some of its starts fall into an hour that the clocks leave out or pass twice. */
const aWindow = fc
  .record({
    zone: fc.constantFrom(...ZONES),
    repeats: fc.constantFrom(...RULES),
    hour: fc.integer({ min: 0, max: 23 }),
    minute: fc.constantFrom(0, 30),
    minutes: fc.integer({ min: 1, max: 360 }),
  })
  .map(({ zone, repeats, hour, minute, minutes }) => {
    const time = `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
    const starts = `2026-01-01T${time}`;
    const text = { description: "x", stacks: ["prod"], zone, starts, repeats, minutes };
    const window = CalendarFile.parse({ windows: { w: text } }).windows.w;
    if (window === undefined) throw new Error("it was not read");
    return window;
  });
const anInstant = fc.integer({ min: FIRST + DAY, max: LAST }).map((time) => new Date(time));

describe("any window, over a hundred years", () => {
  it("has one order: each date is open from its start on, for exactly its minutes, and none overlaps", () => {
    fc.assert(
      fc.property(aWindow, anInstant, (window, from) => {
        const years = window.repeats?.startsWith("FREQ=YEARLY") ? 9 : 1;
        const dates = occurrencesIn("w", window, from, new Date(from.getTime() + years * 366 * DAY));
        for (const { start, end } of dates) {
          expect(end.getTime() - start.getTime()).toBe(window.minutes * 60_000);
          expect(openAt("w", window, start)?.start).toEqual(start);
          expect(openAt("w", window, new Date(end.getTime() - 1))?.start).toEqual(start);
          expect(openAt("w", window, end)).toBeUndefined();
        }
        dates.slice(1).forEach(({ start }, index) => {
          const before = dates[index];
          expect(before && nextAfter("w", window, before.start)?.start).toEqual(start);
          expect(before && before.end <= start).toBe(true);
        });
      }),
      { numRuns: 100 },
    );
  });

  it("starts on the dates and at the local times that another library finds, also on leap days", () => {
    fc.assert(
      fc.property(aWindow, fc.integer({ min: 2027, max: 2124 }), (window, year) => {
        const from = new Date(`${year}-01-02T00:00:00Z`);
        const to = new Date(`${year}-12-30T00:00:00Z`);
        const near = (text: string) => text > `${year}-01-04` && text < `${year}-12-27`;
        const ours = startsBetween(window, from, to)
          .map((start) => localText(start, window.zone).slice(4, 20))
          .filter(near);
        // RFC 5545, 3.3.10: a date that does not exist is skipped; ical.js takes 1 March for a 29 February that is none.
        const leap = window.repeats?.includes("BYMONTH=2;BYMONTHDAY=29");
        const theirs = expand(window.starts, window.repeats ?? "", year)
          .filter(near)
          .filter((text) => !leap || text.slice(5, 10) === "02-29");
        // RFC 5545, 3.3.10: a local time that the clocks leave out is no date of the rule.
        const found = new Set(ours);
        expect(ours).toEqual(theirs.filter((text) => found.has(text) || exists(text, window.zone)));
      }),
      { numRuns: 80 },
    );
  });
});

/** Local starts of a rule in a year, as ical.js expands it without any time zone. */
function expand(starts: string, repeats: string, year: number): string[] {
  const iterator = ICAL.Recur.fromString(repeats).iterator(ICAL.Time.fromDateTimeString(`${starts}:00`));
  const found: string[] = [];
  for (let next = iterator.next(); next && next.year <= year; next = iterator.next()) {
    if (next.year === year) found.push(next.toString().slice(0, 16).replace("T", " "));
  }
  return found;
}

/** Whether the clocks of a zone ever show a local time, `2026-08-06 15:00`: no offset is further than 15 hours from UTC. */
function exists(text: string, zone: string): boolean {
  const utc = Date.parse(`${text.replace(" ", "T")}:00Z`);
  return Array.from({ length: 61 }, (_, index) => new Date(utc + (index - 30) * 1_800_000)).some(
    (instant) => localText(instant, zone).slice(4, 20) === text,
  );
}

/** RFC 5545, 3.3.10 and 3.3.5: a local time that the clocks leave out is ignored; of one that comes twice, the first is meant. */
describe("where the clocks change", () => {
  const daily = (zone: string, time: string) => ({ zone, starts: `2026-01-01T${time}`, repeats: "FREQ=DAILY" });
  const on = (zone: string, time: string, day: string) =>
    startsBetween(
      daily(zone, time),
      new Date(Date.parse(`${day}T00:00:00Z`) - DAY),
      new Date(Date.parse(`${day}T00:00:00Z`) + 2 * DAY),
    )
      .filter((start) => localDate(start, zone) === day)
      .map((start) => start.toISOString());

  it.each([
    ["the hour left out in spring", "America/Los_Angeles", "02:30", "2027-03-14", []],
    ["the hour after it", "America/Los_Angeles", "03:00", "2027-03-14", ["2027-03-14T10:00:00.000Z"]],
    ["the hour passed twice in autumn", "America/Los_Angeles", "01:30", "2026-11-01", ["2026-11-01T08:30:00.000Z"]],
    ["half an hour left out", "Australia/Lord_Howe", "02:15", "2026-10-04", []],
    ["half an hour passed twice", "Australia/Lord_Howe", "01:45", "2027-04-04", ["2027-04-03T14:45:00.000Z"]],
    ["midnight left out", "America/Santiago", "00:30", "2026-09-06", []],
  ])("%s", (_, zone, time, day, starts) => {
    expect(on(zone, time, day)).toEqual(starts);
  });
});
