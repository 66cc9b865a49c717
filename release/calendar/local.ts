/** An instant as messages give it: RFC 3339 in UTC, without the fraction of a whole second. */
export function utcText(instant: Date): string {
  return instant.toISOString().replace(".000Z", "Z");
}

/** That there is no such date, where a text begins with one that no calendar has: `there is no 30 February 2026`. */
export function missingDate(text: string): string | undefined {
  const [, year = "", month = "", day = ""] = /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(?!\d)/.exec(text) ?? [];
  // Date rolls over what is not there, into the next month.
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  if (year === "" || date.getUTCMonth() === Number(month) - 1) return undefined;
  const name = new Intl.DateTimeFormat("en-GB", { month: "long", timeZone: "UTC" }).format(
    new Date(`${year}-${month}-01`),
  );
  return `there is no ${Number(day)} ${name} ${year}`;
}

/** An instant as people in a time zone read it: `Thu 2026-08-06 15:00 America/Los_Angeles`. */
export function localText(instant: Date, zone: string): string {
  const { weekday, date, time } = localParts(instant, zone);
  return `${weekday} ${date} ${time} ${zone}`;
}

/** The date that people in a time zone have at an instant: `2026-08-06`. */
export function localDate(instant: Date, zone: string): string {
  return localParts(instant, zone).date;
}

function localParts(instant: Date, zone: string): { weekday: string; date: string; time: string } {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    weekday: "short",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const parts = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, value]));
  const { weekday = "", year, month, day, hour, minute } = parts;
  return { weekday, date: `${year}-${month}-${day}`, time: `${hour}:${minute}` };
}
