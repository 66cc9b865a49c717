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
