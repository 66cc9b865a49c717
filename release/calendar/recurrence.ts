import { RRuleTemporal } from "rrule-temporal";
import { missingDate } from "./local.ts";
import { ruleProblem } from "./recurrenceRule.ts";

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

/** Whether there is a time zone of this name. Legacy ones such as `PST` are none: nobody agrees on their clocks. */
export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return startAfter({ zone: name, starts: "2026-01-01T00:00" }, new Date(0)) !== undefined;
  } catch {
    return false;
  }
}

/** What is wrong with a recurrence, and with which part of it; undefined where it has a start, and ends before the next. */
export function recurrenceProblem(
  recurrence: Recurrence & { readonly minutes: number },
): { readonly path: "starts" | "repeats"; readonly message: string } | undefined {
  const { repeats, starts, minutes } = recurrence;
  // Date rolls over what no calendar has, such as 30 February.
  const date = new Date(`${starts}:00Z`);
  if (Number.isNaN(date.getTime()) || !date.toISOString().startsWith(starts)) {
    return { path: "starts", message: missingDate(starts) ?? "must be a time that there is" };
  }
  if (repeats === undefined || !isZone(recurrence.zone)) return undefined;
  const wrong = ruleProblem(repeats);
  if (wrong !== undefined) return { path: "repeats", message: wrong };
  // By the clock on the wall: that a day is 23 hours long once a year makes nothing overlap that is meant to last a day.
  const onTheWall = { ...recurrence, zone: "UTC", except: [] };
  if (!happens(onTheWall, new Date(date.getTime() - 2 * 86_400_000))) {
    return { path: "repeats", message: "never happens" };
  }
  const inAYear = startsBetween(onTheWall, date, new Date(date.getTime() + 366 * 86_400_000));
  const gaps = inAYear.slice(1).map((start, index) => (start.getTime() - (inAYear[index]?.getTime() ?? 0)) / 60_000);
  const shortest = Math.min(...gaps);
  if (shortest >= minutes) return undefined;
  return { path: "repeats", message: `starts anew after ${shortest} min, and it lasts ${minutes} min` };
}

function happens(recurrence: Recurrence, from: Date): boolean {
  try {
    return startAfter(recurrence, from) !== undefined;
  } catch {
    // The library gives up on what never comes, such as 30 February.
    return false;
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
