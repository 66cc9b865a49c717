/** How much a rule's refusal weighs. `advisory` is shown and stops nothing. */
export type Level = "mandatory" | "advisory";

/** One refusal: what, where, why, and what mends it. */
export interface Violation {
  /** URN of the resource that is refused; absent for a stack as a whole. */
  readonly urn?: string;
  /** What is wrong and why; never the value of a secret. */
  readonly message: string;
  /** The command or line that mends it. */
  readonly remedy?: string;
}

/** What one policy says of one stack. */
export interface PolicyVerdict {
  readonly policy: string;
  readonly level: Level;
  readonly violations: readonly Violation[];
}

/** Whether a stack may be applied: no mandatory policy has a violation. */
export function allows(verdicts: readonly PolicyVerdict[]): boolean {
  return verdicts.every((verdict) => verdict.level !== "mandatory" || verdict.violations.length === 0);
}

const REMEDY = "\nremedy: ";

/** A violation as the one string that the Analyzer protocol carries. */
export function violationText(violation: Pick<Violation, "message" | "remedy">): string {
  return violation.remedy === undefined ? violation.message : `${violation.message}${REMEDY}${violation.remedy}`;
}

/** The reverse of {@link violationText}; text from other packs has no remedy. */
export function parseViolation(text: string): Pick<Violation, "message" | "remedy"> {
  const at = text.indexOf(REMEDY);
  return at < 0 ? { message: text } : { message: text.slice(0, at), remedy: text.slice(at + REMEDY.length) };
}

const REFUSED_BY = "refused by ";

/** What a program says when it refuses to build: each violation with the rule that it is of, in one text. */
export function refusalText(rule: string, violations: readonly Violation[]): string {
  return violations.map((violation) => `${REFUSED_BY}${rule}: ${violationText(violation)}`).join("\n");
}

/** The reverse of {@link refusalText}, by rule; undefined where a text is something else, such as a crash. */
export function readRefusals(text: string): readonly PolicyVerdict[] | undefined {
  if (!text.startsWith(REFUSED_BY)) return undefined;
  const parts = text.slice(REFUSED_BY.length).split(`\n${REFUSED_BY}`);
  const named = parts.map((part) => {
    const colon = part.indexOf(": ");
    return { policy: part.slice(0, colon), violation: parseViolation(part.slice(colon + 2)) };
  });
  const groups = Map.groupBy(named, ({ policy }) => policy);
  return [...groups].map(([policy, found]) => ({
    policy,
    level: "mandatory",
    violations: found.map(({ violation }) => violation),
  }));
}
