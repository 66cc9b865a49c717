/** An instant as messages give it: RFC 3339 in UTC, without the fraction of a whole second. */
export function utcText(instant: Date): string {
  return instant.toISOString().replace(".000Z", "Z");
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
