import { type Html, html } from "./html.ts";

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const MINUTE = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  timeZone: "UTC",
});

/** The day of an instant, in UTC. */
export function dayOf(instant: string): Html {
  return html`<time datetime="${instant}">${DAY.format(new Date(instant))}</time>`;
}

/** An instant to the minute, in UTC. */
export function momentOf(instant: string): Html {
  return html`<time datetime="${instant}">${MINUTE.format(new Date(instant))} UTC</time>`;
}

/** The day of an instant in a zone of its own, as the people there say it. */
export function localDay(instant: string, zone: string): Html {
  return local(instant, { weekday: "short", day: "numeric", month: "short", timeZone: zone });
}

/** The time of day of an instant in a zone of its own. */
export function localTime(instant: string, zone: string): Html {
  return local(instant, { hour: "2-digit", minute: "2-digit", timeZone: zone });
}

function local(instant: string, options: Intl.DateTimeFormatOptions): Html {
  return html`<time datetime="${instant}">${new Intl.DateTimeFormat("en-GB", options).format(new Date(instant))}</time>`;
}
