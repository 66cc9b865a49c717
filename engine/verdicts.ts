import { type Level, type PolicyVerdict, parseViolation, type Violation } from "../release/verdict.ts";
import type { EnforcementLevel } from "./packConfig.ts";

/** One thing that a policy said, in its SDK's words. */
export interface Diagnostic {
  readonly policy: string;
  readonly description: string;
  readonly level: EnforcementLevel;
  readonly text: string;
  /** The resource that it is about; absent for a stack as a whole. */
  readonly urn: string | undefined;
}

/** The same as a rule of ours would say it. */
interface Finding {
  readonly policy: string;
  readonly level: Level;
  readonly violation: Violation;
}

/** A value unknown before an update ends a policy's check, and its SDK then reports no more than an advice. */
const NOT_JUDGED = /^can't run policy '.*?' from policy pack '.*?' during preview: /;

/**
 * A check that was ended by an unknown value weighs as much as its policy does: what cannot be judged is refused.
 */
function readFinding(said: Diagnostic, levels: ReadonlyMap<string, EnforcementLevel>): Finding {
  const place = said.urn === undefined ? {} : { urn: said.urn };
  // The SDK puts the description of the policy before what the policy reports.
  const prefix = `${said.description}\n`;
  const text = said.text.startsWith(prefix) ? said.text.slice(prefix.length) : said.text;
  const reason = text.replace(NOT_JUDGED, "");
  if (reason !== text) {
    const remedy = "give the value as plain configuration, not as an output of another resource";
    const violation = { ...place, message: `can't be judged: ${reason}`, remedy };
    return { policy: said.policy, level: weight(levels.get(said.policy) ?? "mandatory"), violation };
  }
  return { policy: said.policy, level: weight(said.level), violation: { ...place, ...parseViolation(text) } };
}

function weight(level: EnforcementLevel): Level {
  return level === "advisory" ? "advisory" : "mandatory";
}

/**
 * One verdict for each enabled policy, in order of name. A policy that reports some of its violations at another level
 * than its own has a second verdict for those, so that no violation weighs more or less than the policy says.
 */
export function verdictsOf(
  levels: ReadonlyMap<string, EnforcementLevel>,
  diagnostics: readonly Diagnostic[],
): PolicyVerdict[] {
  const findings = diagnostics.map((said) => readFinding(said, levels));
  const enabled = [...levels].filter(([, level]) => level !== "disabled").sort(([a], [b]) => compare(a, b));
  return enabled.flatMap(([policy, level]) => {
    const own = weight(level);
    const other = own === "mandatory" ? "advisory" : "mandatory";
    const at = (wanted: Level) => ({
      policy,
      level: wanted,
      violations: findings
        .filter((finding) => finding.policy === policy && finding.level === wanted)
        .map(({ violation }) => violation)
        .sort((a, b) => compare(a.urn ?? "", b.urn ?? "") || compare(a.message, b.message)),
    });
    const second = at(other);
    return second.violations.length > 0 ? [at(own), second] : [at(own)];
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
