import { join } from "node:path";
import fc from "fast-check";
import ICAL from "ical.js";
import { describe, expect, it } from "vitest";
import { icsOf } from "../../cli/calendar/ics.ts";
import type { CalendarReport } from "../../cli/calendar/report.ts";
import { openContext } from "../../cli/context.ts";
import { datesIn } from "../../release/calendar/dates.ts";
import { localText } from "../../release/calendar/local.ts";
import { referencePlatform } from "./approval.ts";

const NOW = new Date("2026-08-06T22:30:00Z");
const PROJECT = join(import.meta.dirname, "../..");

/** The events of an iCalendar file, as ical.js reads them. */
function events(text: string) {
  return new ICAL.Component(ICAL.parse(text)).getAllSubcomponents("vevent").map((component) => {
    const event = new ICAL.Event(component);
    return {
      uid: event.uid,
      summary: event.summary,
      description: event.description,
      start: event.startDate.toJSDate().toISOString(),
      end: event.endDate.toJSDate().toISOString(),
      zone: event.startDate.zone.tzid,
      status: String(component.getFirstPropertyValue("status")),
    };
  });
}

describe("calendar --ics", () => {
  it("is read back by another library with the right instants, before and after the clocks change", async () => {
    const checkout = referencePlatform();
    const { code, stdout } = await checkout.verb([
      "calendar",
      ...["--ics", join(checkout.root, "calendar.ics"), "--at", NOW.toISOString()],
      ...["--from", "2026-10-28", "--to", "2027-04-10"],
    ]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/calendar\.ics: \d+ dates, until 2027-04-10/),
    });
    const found = events(checkout.read("calendar.ics"));
    const starts = (name: string) => found.filter(({ uid }) => uid.includes(`-${name}-`)).map(({ start }) => start);
    // Pacific clocks go back on 1 November and forward on 14 March; Chile's go back on 4 April.
    expect(starts("patch-thursday").slice(0, 2)).toEqual(["2026-10-29T22:00:00.000Z", "2026-11-05T23:00:00.000Z"]);
    expect(starts("patch-thursday").slice(-5)).toEqual([
      "2027-03-11T23:00:00.000Z",
      "2027-03-18T22:00:00.000Z",
      "2027-03-25T22:00:00.000Z",
      "2027-04-01T22:00:00.000Z",
      "2027-04-08T22:00:00.000Z",
    ]);
    expect(starts("summit-window")).toEqual([
      "2026-11-04T16:00:00.000Z",
      "2026-12-02T16:00:00.000Z",
      "2027-01-06T16:00:00.000Z",
      "2027-02-03T16:00:00.000Z",
      "2027-03-03T16:00:00.000Z",
      "2027-04-07T17:00:00.000Z",
    ]);
    expect(starts("maya-gonogo")[0]).toBe("2026-10-28T10:30:00.000Z");
    expect(starts("maya-release")[0]).toBe("2026-10-28T11:30:00.000Z");
    // British Columbia gives up winter time: which instant this is depends on how new the host's time zones are.
    expect(starts("canfar-quarterly").map((start) => localText(new Date(start), "America/Vancouver"))).toEqual([
      "Tue 2027-01-12 10:00 America/Vancouver",
    ]);
    const freeze = found.find(({ uid }) => uid.startsWith("freeze-year-end"));
    expect(freeze).toMatchObject({ start: "2026-12-18T08:00:00.000Z", end: "2027-01-04T08:00:00.000Z", zone: "UTC" });
    const summit = found.find(({ uid }) => uid.startsWith("window-summit"));
    expect(summit).toMatchObject({ summary: "summit-window (tentative)", status: "TENTATIVE" });
    expect(summit?.description).toBe(
      "First Wednesday of the month, at lunch time on the summit\nstacks: tucson-teststand, base, summit\ncoordinator: square-lead\nno fixed downtime",
    );
    expect(new Set(found.map(({ uid }) => uid)).size).toBe(found.length);
  });

  it("has every date of any span, to the second, with the same UID whenever it is made", () => {
    const { catalogue, files } = openContext({ directory: PROJECT });
    const anInstant = fc.integer({ min: Date.parse("2026-01-01T00:00:00Z"), max: Date.parse("2125-01-01T00:00:00Z") });
    fc.assert(
      fc.property(anInstant, fc.integer({ min: 1, max: 90 }), (time, days) => {
        const from = new Date(Math.floor(time / 1000) * 1000);
        const dates = datesIn(catalogue, files, from, new Date(from.getTime() + days * 86_400_000), NOW);
        const found = events(icsOf(dates, NOW));
        expect(found.map(({ start, end }) => [start, end])).toEqual(
          dates.map(({ start, end }) => [start.toISOString(), end.toISOString()]),
        );
        expect(events(icsOf(dates, from)).map(({ uid }) => uid)).toEqual(found.map(({ uid }) => uid));
      }),
      { numRuns: 20 },
    );
  });
});

describe("calendar", () => {
  it("shows windows, meetings and freezes in order, in their own time zones", async () => {
    const checkout = referencePlatform();
    const run = (...args: string[]) => checkout.verb(["calendar", "--at", NOW.toISOString(), ...args]);
    const text = (await run("--to", "2026-08-08")).stdout.split("\n");
    expect(text).toEqual([
      "Thu 2026-08-06 15:00 America/Los_Angeles  patch-thursday  open  dev, staging, prod, usdf-rsp",
      "Fri 2026-08-07 16:00 Asia/Kolkata  maya-gonogo  event  prod",
      "Fri 2026-08-07 17:00 Asia/Kolkata  maya-release  planned  prod",
      "",
    ]);
    const report = JSON.parse(
      (await run("--from", "2026-12-20", "--to", "2026-12-21", "--json")).stdout,
    ) as CalendarReport;
    expect(report.dates.map(({ name, kind }) => [name, kind])).toEqual([["year-end", "freeze"]]);
    const year = (await run("--from", "2026-12-17T12:30:00Z", "--to", "2026-12-18T12:00:00Z")).stdout.split("\n");
    expect(year).toEqual([
      "Thu 2026-12-17 15:00 America/Los_Angeles  patch-thursday  planned  dev, staging, prod, usdf-rsp",
      "Fri 2026-12-18 00:00 -08:00  year-end  freeze  prod until Mon 2027-01-04 00:00 -08:00: few are there to help over the holidays",
      "Fri 2026-12-18 16:00 Asia/Kolkata  maya-gonogo  event  prod",
      "Fri 2026-12-18 17:00 Asia/Kolkata  maya-release  planned  frozen on prod (year-end)  prod",
      "",
    ]);
    expect(await run("--to", "2026-08-01")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--to: must be later"),
    });
    expect(await run("--from", "August")).toMatchObject({
      code: 2,
      stderr:
        'error: --from: must be a date such as 2026-07-24, or an instant with its offset, as RFC 3339 writes it, such as 2026-07-24T15:00:00Z (got "August")\n',
    });
    expect((await run("--to", "2027-02-30")).stderr).toContain("--to: there is no 30 February 2027");
  });

  it("takes a freeze or window of what there is not as bad input", async () => {
    const checkout = referencePlatform();
    const file = "catalog/trust/calendar.yaml";
    checkout.write(file, checkout.read(file).replace(/stacks: \[prod\]\n {4}reason/, "stacks: [prd]\n    reason"));
    checkout.edit(file, "modules: [maya-io, maya-ui]", "modules: [maya-io, maya-u]");
    const { code, stderr } = await checkout.verb(["calendar"]);
    expect(code).toBe(2);
    expect(stderr.split("\n")).toEqual([
      `error: ${file} windows.maya-release.modules[1]: there is no such module in catalog/modules (got "maya-u"; did you mean "maya-ui"?)`,
      `error: ${file} freezes.year-end.stacks[0]: is no stack of catalog/trust/stacks.yaml (got "prd"; did you mean "prod"?)`,
      "",
    ]);
  });
});
