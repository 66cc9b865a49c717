import type { Authority } from "../authority.ts";
import { InputError, nearestHint, type Problem } from "../errors.ts";
import type { CalendarFile } from "../schema/calendar.ts";

/**
 * Checks that everybody whom a calendar names is there: a misspelt role would leave a window that nobody can confirm, or a
 * line that nobody can stop.
 * @throws InputError with every name that is nobody's
 */
export function checkCalendar(calendar: CalendarFile, authority: Authority, file: string): void {
  const problems: Problem[] = [];
  const check = (kind: "person" | "role", path: string, value: string | undefined) => {
    const known = kind === "person" ? Object.keys(authority.people) : authority.roles;
    if (value === undefined || known.includes(value)) return;
    const message = `is no ${kind} of catalog/trust/people.yaml`;
    problems.push({ file, path, message, value, ...nearestHint(value, known) });
  };
  for (const [name, { coordinator, confirmedBy, downtime, operators }] of Object.entries(calendar.windows)) {
    const at = `windows.${name}`;
    check("person", `${at}.coordinator`, coordinator);
    check("role", `${at}.confirmedBy`, confirmedBy);
    downtime?.acknowledgedBy.forEach((role, index) => {
      check("role", `${at}.downtime.acknowledgedBy[${index}]`, role);
    });
    for (const [stack, { role }] of Object.entries(operators)) check("role", `${at}.operators.${stack}.role`, role);
  }
  calendar.stopTheLine.forEach((role, index) => {
    check("role", `stopTheLine[${index}]`, role);
  });
  if (problems.length > 0) throw new InputError(problems);
}
