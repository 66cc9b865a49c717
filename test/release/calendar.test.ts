import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkCalendar } from "../../release/calendar/check.ts";
import { type Recurrence, startAfter, startAtOrBefore } from "../../release/calendar/recurrence.ts";
import { freezesAt, nextAfter, openAt, windowsFor } from "../../release/calendar/windows.ts";
import { InputError } from "../../release/errors.ts";
import { memoryFiles } from "../../release/files.ts";
import { parseFile } from "../../release/parse.ts";
import { CalendarFile } from "../../release/schema/calendar.ts";
import { workingTree } from "../../store/files.ts";
import { World } from "./world.ts";

const calendar = parseFile(workingTree(`${import.meta.dirname}/../..`), "catalog/trust/calendar.yaml", CalendarFile);

function window(name: string) {
  const found = calendar.windows[name];
  if (found === undefined) throw new Error(`the reference calendar has no ${name}`);
  return found;
}
const nextStart = (name: string, instant: string) =>
  nextAfter(name, window(name), new Date(instant))?.start.toISOString();

describe("the windows of the reference calendar", () => {
  it.each([
    ["in Chile's winter", "2026-08-05T17:00:00.001Z", "2026-09-02T17:00:00.000Z"],
    ["before the clocks go back", "2026-03-05T00:00:00Z", "2026-04-01T16:00:00.000Z"],
    ["after the clocks went back", "2026-04-02T00:00:00Z", "2026-05-06T17:00:00.000Z"],
    ["after the clocks went forward", "2026-09-03T00:00:00Z", "2026-10-07T16:00:00.000Z"],
  ])("Summit Window is the first Wednesday at 13:00 in Chile, %s", (_, instant, start) => {
    expect(nextStart("summit-window", instant)).toBe(start);
  });

  it.each([
    ["in summer", "2026-08-01T00:00:00Z", "2026-08-06T22:00:00.000Z"],
    ["after the clocks went back", "2026-11-01T12:00:00Z", "2026-11-05T23:00:00.000Z"],
    ["after they went forward", "2027-03-14T12:00:00Z", "2027-03-18T22:00:00.000Z"],
  ])("Patch Thursday is at 15:00 Pacific, %s", (_, instant, start) => {
    expect(nextStart("patch-thursday", instant)).toBe(start);
  });

  it("MayaOnline releases on weekdays at 17:00 in India", () => {
    expect(nextStart("maya-release", "2026-08-06T11:30:00Z")).toBe("2026-08-07T11:30:00.000Z");
    expect(nextStart("maya-release", "2026-08-07T11:30:00Z")).toBe("2026-08-10T11:30:00.000Z");
  });

  it("CANFAR releases once a quarter", () => {
    const starts = ["2026-01-14T00:00:00Z", "2026-04-15T00:00:00Z", "2026-07-15T00:00:00Z", "2026-10-14T00:00:00Z"];
    expect(starts.map((instant) => nextStart("canfar-quarterly", instant)?.slice(0, 10))).toEqual([
      "2026-04-14",
      "2026-07-14",
      "2026-10-13",
      "2027-01-12",
    ]);
  });

  it("a window is open from its first instant on, and not at its last", () => {
    const open = (instant: string) =>
      openAt("patch-thursday", window("patch-thursday"), new Date(instant)) !== undefined;
    expect(["2026-08-06T21:59:59.999Z", "2026-08-06T22:00:00Z"].map(open)).toEqual([false, true]);
    expect(["2026-08-06T23:59:59.999Z", "2026-08-07T00:00:00Z"].map(open)).toEqual([true, false]);
  });

  it("are asked for by stack and module, and the nearest comes first", () => {
    const now = new Date("2026-08-06T22:30:00Z");
    expect(windowsFor(calendar, { stack: "prod", module: "nublado", now }).open?.window).toBe("patch-thursday");
    expect(windowsFor(calendar, { stack: "prod", module: "maya-io", now })).toEqual({
      next: {
        window: "maya-release",
        start: new Date("2026-08-07T11:30:00Z"),
        end: new Date("2026-08-07T12:30:00Z"),
      },
    });
    expect(windowsFor(calendar, { stack: "staging", module: "skaha", now })).toEqual({});
  });

  it("freezes hold from their first instant on, and not at their last", () => {
    const held = (stack: string, at: string) => freezesAt(calendar, stack, new Date(at)).map(([name]) => name);
    expect(held("prod", "2026-12-18T07:59:59Z")).toEqual([]);
    expect(held("prod", "2026-12-18T08:00:00Z")).toEqual(["year-end"]);
    expect(held("dev", "2026-12-18T08:00:00Z")).toEqual([]);
    expect(held("prod", "2027-01-04T08:00:00Z")).toEqual([]);
  });
});

/** Local date, weekday and time of an instant, by ICU: another implementation of the time zones than the library's. */
function local(zone: string, instant: Date): Record<string, string> {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  return Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, value]));
}

const ZONES = [
  "America/Santiago",
  "America/Los_Angeles",
  "Asia/Kolkata",
  "Europe/Berlin",
  "Australia/Lord_Howe",
  "UTC",
];
const anInstant = fc
  .integer({ min: Date.parse("2026-02-01T00:00:00Z"), max: Date.parse("2126-01-01T00:00:00Z") })
  .map((time) => new Date(time));
const aZone = fc.constantFrom(...ZONES);

describe("over a hundred years, in every zone", () => {
  it("a weekly start is on its weekday at its local time, at most a week away", () => {
    fc.assert(
      fc.property(aZone, anInstant, (zone, instant) => {
        const weekly: Recurrence = { zone, starts: "2026-01-01T15:00", repeats: "FREQ=WEEKLY;BYDAY=TH" };
        const start = startAfter(weekly, instant) as Date;
        expect(local(zone, start)).toMatchObject({ weekday: "Thu", hour: "15", minute: "00" });
        expect(start > instant && start.getTime() - instant.getTime() <= 7 * 86_400_000 + 3_600_000).toBe(true);
        expect(startAtOrBefore(weekly, start)).toEqual(start);
        expect(startAfter(weekly, new Date(start.getTime() - 1))).toEqual(start);
      }),
      { numRuns: 150 },
    );
  });

  it("a monthly start is on the first Wednesday, once in every month", () => {
    fc.assert(
      fc.property(aZone, anInstant, (zone, instant) => {
        const monthly: Recurrence = { zone, starts: "2026-01-07T13:00", repeats: "FREQ=MONTHLY;BYDAY=1WE" };
        const first = startAfter(monthly, instant) as Date;
        const second = startAfter(monthly, first) as Date;
        for (const start of [first, second]) {
          expect(local(zone, start)).toMatchObject({ weekday: "Wed", hour: "13", minute: "00" });
          expect(Number(local(zone, start).day)).toBeLessThanOrEqual(7);
        }
        const months = [first, second].map(
          (start) => Number(local(zone, start).year) * 12 + Number(local(zone, start).month),
        );
        expect((months[1] ?? 0) - (months[0] ?? 0)).toBe(1);
      }),
      { numRuns: 150 },
    );
  });

  it("a daily start is there every day, leap days too, and at the very last day", () => {
    const daily: Recurrence = { zone: "UTC", starts: "2026-01-01T09:00", repeats: "FREQ=DAILY" };
    expect(startAfter(daily, new Date("2028-02-28T10:00:00Z"))).toEqual(new Date("2028-02-29T09:00:00Z"));
    expect(startAtOrBefore(daily, new Date("2126-01-01T00:00:00Z"))).toEqual(new Date("2125-12-31T09:00:00Z"));
    const leap: Recurrence = {
      zone: "UTC",
      starts: "2028-02-29T09:00",
      repeats: "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    };
    expect(startAfter(leap, new Date("2096-03-01T00:00:00Z"))).toEqual(new Date("2104-02-29T09:00:00Z"));
  });
});

describe("a recurrence", () => {
  it("without a rule happens once", () => {
    const once: Recurrence = { zone: "UTC", starts: "2026-03-01T09:00" };
    expect(startAfter(once, new Date("2026-01-01T00:00:00Z"))).toEqual(new Date("2026-03-01T09:00:00Z"));
    expect(startAfter(once, new Date("2026-03-01T09:00:00Z"))).toBeUndefined();
    expect(startAtOrBefore(once, new Date("2026-02-01T00:00:00Z"))).toBeUndefined();
  });

  it("leaves out the dates that it is told to", () => {
    const zone = "America/Los_Angeles";
    const weekly: Recurrence = {
      zone,
      starts: "2026-01-01T15:00",
      repeats: "FREQ=WEEKLY;BYDAY=TH",
      except: ["2026-11-26"],
    };
    expect(startAfter(weekly, new Date("2026-11-20T00:00:00Z"))).toEqual(new Date("2026-12-03T23:00:00Z"));
  });
});

describe("a calendar that says something else is refused", () => {
  const base = "description: x, stacks: [prod], zone: UTC, starts: 2026-01-07T13:00, minutes: 60";
  it.each([
    [
      "a zone that there is not",
      base.replace("UTC", "America/Sandiego"),
      'w.zone: must be the name of a time zone, such as America/Santiago (got "America/Sandiego")',
    ],
    [
      "a date that there is not",
      base.replace("01-07", "02-30"),
      'w.starts: there is no 30 February 2026 (got "2026-02-30T13:00")',
    ],
    [
      "a part that no rule has",
      `${base}, repeats: FREQ=DAILY;EVERY=2`,
      'w.repeats: has no part EVERY in RFC 5545 (got "FREQ=DAILY;EVERY=2")',
    ],
    [
      "a weekday that there is not",
      `${base}, repeats: "FREQ=MONTHLY;BYDAY=1WX"`,
      'w.repeats: has no BYDAY 1WX in RFC 5545 (got "FREQ=MONTHLY;BYDAY=1WX")',
    ],
    [
      "a zone that everybody takes for another",
      base.replace("UTC", "PST"),
      'w.zone: must be the name of a time zone, such as America/Santiago (got "PST")',
    ],
    [
      "a date that never comes",
      `${base}, repeats: FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30`,
      'w.repeats: never happens (got "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")',
    ],
    ...["SECONDLY", "MINUTELY", "HOURLY", "FORTNIGHTLY"].map((often) => [
      `what is ${often}`,
      `${base}, repeats: FREQ=${often}`,
      `w.repeats: must say how often, by FREQ=DAILY, WEEKLY, MONTHLY or YEARLY (got "FREQ=${often}")`,
    ]),
    [
      "hours of the day, which starts gives",
      `${base}, repeats: "FREQ=DAILY;BYHOUR=9,10"`,
      'w.repeats: must have no BYHOUR: starts gives the time of day (got "FREQ=DAILY;BYHOUR=9,10")',
    ],
    [
      "what starts anew before it is over",
      `${base.replace("minutes: 60", "minutes: 1441")}, repeats: "FREQ=WEEKLY;BYDAY=MO,TU"`,
      'w.repeats: starts anew after 1440 min, and it lasts 1441 min (got "FREQ=WEEKLY;BYDAY=MO,TU")',
    ],
    [
      "a month that no year has",
      `${base}, repeats: FREQ=DAILY;BYMONTH=13`,
      'w.repeats: has no BYMONTH 13 in RFC 5545 (got "FREQ=DAILY;BYMONTH=13")',
    ],
    [
      "an end of two kinds",
      `${base}, repeats: FREQ=DAILY;COUNT=3;UNTIL=20270101T000000Z`,
      'w.repeats: must end by COUNT or by UNTIL, not by both (got "FREQ=DAILY;COUNT=3;UNTIL=20270101T000000Z")',
    ],
    [
      "a rule that never holds",
      `${base}, repeats: "FREQ=YEARLY;UNTIL=20250101T000000Z"`,
      'w.repeats: never happens (got "FREQ=YEARLY;UNTIL=20250101T000000Z")',
    ],
    [
      "no time at all",
      base.replace("minutes: 60", "minutes: 0"),
      'w.minutes: too small: expected number to be >=1 (got "0")',
    ],
  ])("%s", (_, text, message) => {
    const files = memoryFiles({ "calendar.yaml": `windows:\n  w: { ${text} }\n` });
    const read = () => parseFile(files, "calendar.yaml", CalendarFile);
    expect(read).toThrow(InputError);
    expect(read).toThrow(`calendar.yaml:2 windows.${message}`);
  });

  it.each([
    [
      "windows: { w: { BASE, operators: { dev: { role: ops, checklist: [x] } } } }",
      "windows.w.operators.dev: is none of the window's stacks",
    ],
    [
      'windows: { w: { BASE, announce: { notices: [{ hours: 1, text: "{windw} opens at {start}" }] } } }',
      "windows.w.announce.notices[0].text: there is no {windw} to fill in: there are {window}, {start}, {end}, {coordinator}",
    ],
    [
      'windows: { w: { BASE, announce: { end: "{window} is over, {user}" } } }',
      "windows.w.announce.end: there is no {user} to fill in",
    ],
    [
      "windows: { w: { BASE, downtime: { minutes: 61, reason: x, acknowledgedBy: [qa] } } }",
      'windows.w.downtime.minutes: must not be longer than the window (got "61")',
    ],
    [
      "events: { e: { description: x, of: w, zone: UTC, starts: 2026-01-07T13:00, minutes: 30 } }",
      'events.e.of: is no window (got "w")',
    ],
  ])("%s", (text, message) => {
    const files = memoryFiles({ "calendar.yaml": text.replace("BASE", base) });
    expect(() => parseFile(files, "calendar.yaml", CalendarFile)).toThrow(`calendar.yaml:1 ${message}`);
  });

  it("what may last a whole day, also on the one that is an hour shorter, is none of that", () => {
    const daily = base.replace("UTC", "Europe/Berlin").replace("minutes: 60", "minutes: 1440");
    const files = memoryFiles({ "calendar.yaml": `windows: { w: { ${daily}, repeats: FREQ=DAILY } }` });
    expect(parseFile(files, "calendar.yaml", CalendarFile).windows.w?.minutes).toBe(1440);
  });

  it("a name that is nobody's, each with the nearest", () => {
    const calendar = CalendarFile.parse({
      windows: {
        w: {
          ...{ description: "x", stacks: ["prod", "dev", "prd"], zone: "UTC", starts: "2026-01-07T13:00", minutes: 60 },
          modules: ["app", "apq"],
          ...{
            coordinator: "leed",
            confirmedBy: "q",
            downtime: { minutes: 1, reason: "x", acknowledgedBy: ["qa", "se"] },
          },
          operators: { dev: { role: "managr", checklist: ["x"] } },
        },
      },
      freezes: {
        f: { from: "2026-01-01T00:00:00Z", until: "2026-02-01T00:00:00Z", stacks: ["prod", "dev"], reason: "x" },
      },
      stopTheLine: ["sre", "sree"],
    });
    const { authority } = new World().catalogue;
    const nameable = { authority, stacks: ["prod"], modules: ["app"] };
    let problems: unknown;
    try {
      checkCalendar(calendar, nameable, "calendar.yaml");
    } catch (error) {
      problems = (error as InputError).problems.map(({ path, value, nearest }) => [path, value, nearest]);
    }
    // What others operate is no stack of ours, and a freeze of it would hold for nothing.
    expect(problems).toEqual([
      ["windows.w.stacks[2]", "prd", "prod"],
      ["windows.w.modules[1]", "apq", "app"],
      ["windows.w.coordinator", "leed", "lead"],
      ["windows.w.confirmedBy", "q", "qa"],
      ["windows.w.downtime.acknowledgedBy[1]", "se", "sre"],
      ["windows.w.operators.dev.role", "managr", "manager"],
      ["freezes.f.stacks[1]", "dev", undefined],
      ["stopTheLine[1]", "sree", "sre"],
    ]);
  });

  it("a freeze that ends before it starts", () => {
    const text =
      "freezes: { f: { from: 2026-02-01T00:00:00Z, until: 2026-01-01T00:00:00Z, stacks: [prod], reason: x } }";
    expect(() => parseFile(memoryFiles({ "calendar.yaml": text }), "calendar.yaml", CalendarFile)).toThrow(
      "calendar.yaml:1 freezes.f.until: must be after from",
    );
  });
});
