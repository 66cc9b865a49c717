import ical, { ICalCalendarMethod, ICalEventStatus } from "ical-generator";
import type { CalendarDate } from "../../release/calendar/dates.ts";
import { downtimeText } from "../window/announcements.ts";

/**
 * Dates as an iCalendar file (RFC 5545). Every date stands by itself with its start and end in UTC, so that no program has
 * to know our time zones or repeat our rules; its UID stays the same from file to file.
 * @param now when the file is made
 */
export function icsOf(dates: readonly CalendarDate[], now: Date): string {
  const calendar = ical({
    name: "Imprimatur",
    prodId: "//Imprimatur//Calendar//EN",
    method: ICalCalendarMethod.PUBLISH,
  });
  for (const date of dates) {
    const { kind, name, start, end } = date;
    calendar.createEvent({
      id: `${kind}-${name}-${start.toISOString().replaceAll(/[-:]|\.000/g, "")}@imprimatur`,
      stamp: now,
      start,
      end,
      summary: date.standing?.state === "tentative" ? `${name} (tentative)` : name,
      description: textOf(date),
      categories: [{ name: kind }],
      status: date.standing?.state === "tentative" ? ICalEventStatus.TENTATIVE : ICalEventStatus.CONFIRMED,
    });
  }
  return calendar.toString();
}

function textOf({ kind, description, stacks, standing }: CalendarDate): string {
  const coordinator = standing?.window.coordinator;
  return [
    description,
    ...(stacks.length === 0 ? [] : [`stacks: ${stacks.join(", ")}`]),
    ...(coordinator === undefined ? [] : [`coordinator: ${coordinator}`]),
    ...(standing === undefined ? [] : [downtimeText(standing)]),
    ...(kind === "freeze" ? ["images and charts stay as they are; certificates, replicas and flags may change"] : []),
  ].join("\n");
}
