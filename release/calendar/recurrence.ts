import { RRuleTemporal } from "rrule-temporal";

/**
 * When something starts: once, or again and again by a rule, at a local time of day. Where the clocks leave that time out,
 * there is no start on that day; where they show it twice, it is the first (RFC 5545, 3.3.10 and 3.3.5).
 */
export interface Recurrence {
  /** Name of the time zone, such as `America/Santiago`. */
  readonly zone: string;
  /** Local time of the first start, `2026-01-07T13:00`. */
  readonly starts: string;
  /** Recurrence rule of RFC 5545; once where there is none. */
  readonly repeats?: string | undefined;
  /** Local dates that are left out, `2026-01-07`. */
  readonly except?: readonly string[];
}

const PARTS = new Set(
  "FREQ UNTIL COUNT INTERVAL BYDAY BYMONTHDAY BYYEARDAY BYWEEKNO BYMONTH BYHOUR BYMINUTE BYSETPOS WKST".split(" "),
);

const rules = new Map<string, RRuleTemporal>();

/** The last start at or before an instant; undefined where there is none. */
export function startAtOrBefore(recurrence: Recurrence, instant: Date): Date | undefined {
  return toDate(ruleOf(recurrence).previous(instant, true));
}

/** The first start after an instant; undefined where there is none. */
export function startAfter(recurrence: Recurrence, instant: Date): Date | undefined {
  return toDate(ruleOf(recurrence).next(instant, false));
}

/** Every start from an instant on, and before another. */
export function startsBetween(recurrence: Recurrence, from: Date, to: Date): Date[] {
  if (to <= from) return [];
  return ruleOf(recurrence)
    .between(from, to, true)
    .flatMap((moment) => toDate(moment) ?? [])
    .filter((start) => start < to);
}

/** Whether there is a time zone of this name. */
export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** What is wrong with a recurrence, and with which part of it; undefined where it has a start. */
export function recurrenceProblem(
  recurrence: Recurrence,
): { readonly path: "starts" | "repeats"; readonly message: string } | undefined {
  const { repeats, starts } = recurrence;
  // Date rolls over what no calendar has, such as 30 February.
  const date = new Date(`${starts}:00Z`);
  if (Number.isNaN(date.getTime()) || !date.toISOString().startsWith(starts)) {
    return { path: "starts", message: "must be a date that there is" };
  }
  const unknown = (repeats ?? "FREQ=DAILY").split(";").find((part) => !PARTS.has(part.split("=")[0] ?? ""));
  if (unknown !== undefined) return { path: "repeats", message: `has no part ${unknown.split("=")[0]} in RFC 5545` };
  if (!isZone(recurrence.zone)) return undefined;
  try {
    if (startAfter({ ...recurrence, except: [] }, new Date(date.getTime() - 2 * 86_400_000)) !== undefined)
      return undefined;
    return { path: "repeats", message: "never happens" };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { path: "repeats", message: `must be a recurrence rule of RFC 5545 that happens: ${reason}` };
  }
}

/**
 * The rule as the library takes it. What `starts` names is a start itself only if the rule agrees: `starts` may be the
 * first of a month where the rule says its first Wednesday.
 */
function ruleOf({ zone, starts, repeats = "FREQ=DAILY;COUNT=1", except = [] }: Recurrence): RRuleTemporal {
  const basic = (text: string) => `${text.replaceAll(/[-:]/g, "")}00`;
  const time = starts.slice("2026-01-07T".length);
  const lines = [
    `DTSTART;TZID=${zone}:${basic(starts)}`,
    `RRULE:${repeats}`,
    ...except.map((date) => `EXDATE;TZID=${zone}:${basic(`${date}T${time}`)}`),
  ];
  const text = lines.join("\n");
  const rule = rules.get(text) ?? new RRuleTemporal({ rruleString: text, strict: true });
  rules.set(text, rule);
  return rule;
}

function toDate(moment: { readonly epochMilliseconds: number } | null): Date | undefined {
  return moment === null ? undefined : new Date(moment.epochMilliseconds);
}
