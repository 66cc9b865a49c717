const DAY = "(?:MO|TU|WE|TH|FR|SA|SU)";
const COUNTED = /^[1-9]\d{0,5}$/;

/**
 * The parts of a recurrence rule (RFC 5545, 3.3.10) that a day can be told by, with the values that each takes. There is no
 * BYHOUR and the like: what recurs here does so at most once a day, at the time of day that its `starts` gives.
 */
const PARTS: Readonly<Record<string, (value: string) => boolean>> = {
  FREQ: (value) => /^(DAILY|WEEKLY|MONTHLY|YEARLY)$/.test(value),
  INTERVAL: (value) => COUNTED.test(value),
  COUNT: (value) => COUNTED.test(value),
  UNTIL: (value) => /^\d{8}T\d{6}Z$/.test(value),
  BYDAY: listOf((item) => new RegExp(`^([+-]?([1-9]|[1-4]\\d|5[0-3]))?${DAY}$`).test(item)),
  BYMONTHDAY: listOf(countedTo(31)),
  BYYEARDAY: listOf(countedTo(366)),
  BYWEEKNO: listOf(countedTo(53)),
  BYMONTH: listOf((item) => countedTo(12)(item) && !item.startsWith("-")),
  BYSETPOS: listOf(countedTo(366)),
  WKST: (value) => new RegExp(`^${DAY}$`).test(value),
};

/** From 1 up to a number, or from the end with a minus. */
function countedTo(last: number): (item: string) => boolean {
  return (item) => /^[+-]?0?[1-9]\d*$/.test(item) && Math.abs(Number(item)) <= last;
}

function listOf(isOne: (item: string) => boolean): (value: string) => boolean {
  return (value) => value.split(",").every(isOne);
}

/** What is wrong with the text of a recurrence rule; undefined where it is one that a day can be told by. */
export function ruleProblem(text: string): string | undefined {
  const parts = text.split(";").map((part): [string, string] => {
    const [name = "", ...rest] = part.split("=");
    return [name, rest.join("=")];
  });
  const rule = new Map(parts);
  const often = "must say how often, by FREQ=DAILY, WEEKLY, MONTHLY or YEARLY";
  for (const [index, [name, value]] of parts.entries()) {
    const takes = PARTS[name];
    if (/^BY(HOUR|MINUTE|SECOND)$/.test(name)) return `must have no ${name}: starts gives the time of day`;
    if (name === "") return "has an empty part";
    if (takes === undefined) return `has no part ${name} in RFC 5545`;
    if (parts.findIndex(([other]) => other === name) < index) return `has ${name} twice`;
    if (takes(value)) continue;
    if (name === "UNTIL") return "must give UNTIL in UTC, such as UNTIL=20270101T000000Z";
    return name === "FREQ" ? often : `has no ${name} ${value} in RFC 5545`;
  }
  const freq = rule.get("FREQ");
  if (freq === undefined) return often;
  if (rule.has("COUNT") && rule.has("UNTIL")) return "must end by COUNT or by UNTIL, not by both";
  if (/\d/.test(rule.get("BYDAY") ?? "") && !["MONTHLY", "YEARLY"].includes(freq)) {
    return `must not number a weekday where FREQ is ${freq}: that is of months and years`;
  }
  const picks = [...rule.keys()].some((name) => name.startsWith("BY") && name !== "BYSETPOS");
  return rule.has("BYSETPOS") && !picks ? "has a BYSETPOS, and no other BY… that it picks from" : undefined;
}
