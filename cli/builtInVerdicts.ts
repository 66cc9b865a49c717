import type { LogEntry } from "../engine/engine.ts";
import type { Unjudged } from "../release/plan.ts";
import type { TrustedStack } from "../release/schema/trust.ts";
import { type PolicyVerdict, readRefusals } from "../release/verdict.ts";

/** Classes in which what nobody has judged is shown and stops nothing. */
const LENIENT = new Set<TrustedStack["class"]>(["bleed", "dev"]);

/** The built-in verdict on what an engine could not find out: a refusal above `dev`. None where it found out all. */
export function unjudgedVerdicts(stack: TrustedStack, unjudged: readonly Unjudged[]): readonly PolicyVerdict[] {
  if (unjudged.length === 0) return [];
  const level = LENIENT.has(stack.class) ? "advisory" : "mandatory";
  const violations = unjudged.map(({ urn, what }) => ({
    urn,
    message: `${what} cannot be judged by the offline engine`,
    remedy: `npx imprimatur preview ${stack.name} --engine pulumi`,
  }));
  return [{ policy: "unjudged", level, violations }];
}

/** What the program itself refused, as verdicts of the rules that it names: it fails with or without a policy pack. */
export function programVerdicts(log: readonly LogEntry[]): readonly PolicyVerdict[] {
  const errors = log.filter(({ severity }) => severity === "error");
  return errors.flatMap(
    ({ message }) =>
      readRefusals(message) ?? [{ policy: "program", level: "mandatory" as const, violations: [{ message }] }],
  );
}
