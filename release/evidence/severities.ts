import type { Findings } from "./findings.ts";
import { count } from "./findings.ts";

/** Severities as evidence reports them, the worst first. What a scanner calls negligible counts as low. */
const SEVERITIES = ["critical", "high", "medium", "low", "unknown"] as const;
type Severity = (typeof SEVERITIES)[number];

/** One vulnerability in one package, as a scanner lists it. */
interface Listed {
  readonly id: string;
  readonly severity: string;
}

/**
 * What a scanner found. A vulnerability in several packages counts once, with the worst severity that it is given.
 * A finished scan passes as such: how many are too many is for thresholds to say.
 */
export function vulnerabilities(listed: readonly Listed[]): Findings {
  const worst = new Map<string, Severity>();
  for (const { id, severity } of listed) {
    const found = severityOf(severity);
    const before = worst.get(id);
    if (before === undefined || SEVERITIES.indexOf(found) < SEVERITIES.indexOf(before)) worst.set(id, found);
  }
  const of = (severity: Severity) => [...worst.values()].filter((found) => found === severity).length;
  const metrics = Object.fromEntries(SEVERITIES.map((severity) => [severity, of(severity)]));
  const parts = SEVERITIES.filter((severity) => of(severity) > 0).map((severity) => `${of(severity)} ${severity}`);
  const detail = parts.length === 0 ? "" : `: ${parts.join(", ")}`;
  const summary = `${count(worst.size, "distinct vulnerability").replace("vulnerabilitys", "vulnerabilities")}${detail}`;
  return { result: "pass", metrics, summary };
}

function severityOf(text: string): Severity {
  const lower = text.toLowerCase();
  if (lower === "negligible") return "low";
  return SEVERITIES.find((severity) => severity === lower) ?? "unknown";
}
