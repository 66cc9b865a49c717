import type { Authority } from "../authority.ts";
import { InputError, nearestHint, type Problem } from "../errors.ts";
import type { CalendarFile } from "../schema/calendar.ts";

/** What there is for a calendar to name. */
export interface Nameable {
  readonly authority: Authority;
  readonly stacks: readonly string[];
  readonly modules: readonly string[];
}

/**
 * Checks that all that a calendar names is there: a misspelt role would leave a window that nobody can confirm, or a line
 * that nobody can stop, and a misspelt stack or module a freeze or window that holds for nothing.
 * @throws InputError with every name that is nothing's
 */
export function checkCalendar(
  calendar: CalendarFile,
  { authority, stacks: ours, modules: known }: Nameable,
  file: string,
): void {
  const problems: Problem[] = [];
  const expectOne = (of: readonly string[], message: string, path: string, value: string | undefined) => {
    if (value === undefined || of.includes(value)) return;
    problems.push({ file, path, message, value, ...nearestHint(value, of) });
  };
  const check = (kind: "person" | "role", path: string, value: string | undefined) =>
    expectOne(
      kind === "person" ? Object.keys(authority.people) : authority.roles,
      `is no ${kind} of catalog/trust/people.yaml`,
      path,
      value,
    );
  const noStack = "is no stack of catalog/trust/stacks.yaml";
  for (const [name, window] of Object.entries(calendar.windows)) {
    const { stacks, modules, coordinator, confirmedBy, downtime, operators } = window;
    const at = `windows.${name}`;
    const elsewhere = `${noStack}, and the window's operators do not say who else operates it`;
    stacks.forEach((stack, index) => {
      expectOne([...ours, ...Object.keys(operators)], elsewhere, `${at}.stacks[${index}]`, stack);
    });
    modules?.forEach((module, index) => {
      expectOne(known, "there is no such module in catalog/modules", `${at}.modules[${index}]`, module);
    });
    check("person", `${at}.coordinator`, coordinator);
    check("role", `${at}.confirmedBy`, confirmedBy);
    downtime?.acknowledgedBy.forEach((role, index) => {
      check("role", `${at}.downtime.acknowledgedBy[${index}]`, role);
    });
    for (const [stack, { role }] of Object.entries(operators)) check("role", `${at}.operators.${stack}.role`, role);
  }
  for (const [name, { stacks }] of Object.entries(calendar.freezes)) {
    stacks.forEach((stack, index) => {
      expectOne(ours, noStack, `freezes.${name}.stacks[${index}]`, stack);
    });
  }
  calendar.stopTheLine.forEach((role, index) => {
    check("role", `stopTheLine[${index}]`, role);
  });
  if (problems.length > 0) throw new InputError(problems);
}
