import { InputError, nearestHint, type Problem, refuseInput } from "../errors.ts";
import type { Evidence } from "../schema/predicates.ts";
import type { Findings } from "./findings.ts";
import { EVIDENCE_TYPES, type EvidenceType } from "./types.ts";

/** What somebody says by hand, beside a tool's file or without one. */
export interface Given {
  readonly result?: "pass" | "fail";
  readonly metrics: Readonly<Record<string, number>>;
  readonly summary?: string;
  /** Where it was made; `ci` by default. */
  readonly in?: string;
  /** Manifest digests of the other releases that took part. */
  readonly together: readonly string[];
}

/** A type of evidence by name. @throws InputError that names the nearest */
export function evidenceType(name: string, place = { file: "--type", path: "" }): EvidenceType {
  const found = Object.hasOwn(EVIDENCE_TYPES, name) ? EVIDENCE_TYPES[name] : undefined;
  if (found === undefined) {
    const message = `is no type of evidence; there are ${Object.keys(EVIDENCE_TYPES).sort().join(", ")}`;
    refuseInput({ ...place, message, value: name, ...nearestHint(name, Object.keys(EVIDENCE_TYPES)) });
  }
  return found;
}

/**
 * What evidence of a type says: the file's findings, completed by what was given by hand.
 * Nothing that is given may contradict the file; only a `fail` may be added to a file that passes.
 * @throws InputError that names everything that is missing, or contradicts
 */
export function composeEvidence(
  name: string,
  given: Given,
  findings?: Findings,
): Pick<Evidence, "type" | "in" | "result" | "metrics" | "summary" | "together"> {
  const type = evidenceType(name);
  const metrics = { ...findings?.metrics, ...given.metrics };
  const result = given.result ?? findings?.result ?? (type.statement ? "pass" : undefined);
  const problems = [...missing(name, type, given, metrics, findings), ...contradictions(given, findings)];
  if (result === undefined || problems.length > 0) throw new InputError(problems);
  const summary = [given.summary, findings?.summary].filter((text) => text !== undefined).join("; ");
  return { type: name, in: given.in ?? "ci", result, metrics, summary, together: [...new Set(given.together)].sort() };
}

function missing(
  name: string,
  type: EvidenceType,
  given: Given,
  metrics: Readonly<Record<string, number>>,
  findings: Findings | undefined,
): Problem[] {
  const file =
    type.formats.length > 0 && findings === undefined
      ? `, or give the tool's file (${type.formats.join(", ")}) with --file`
      : "";
  const ask = (flag: string, message: string): Problem => ({ file: flag, path: "", message });
  return [
    ...(given.result === undefined && findings === undefined && !type.statement
      ? [ask("--result", `say whether it is pass or fail${file}`)]
      : []),
    ...type.metrics
      .filter((metric) => metrics[metric] === undefined)
      .map((metric) => ask("--metric", `${name} reports ${metric}: say ${metric}=<number>${file}`)),
    ...(type.place && given.in === undefined ? [ask("--in", `say in which stack the ${name} was made`)] : []),
    ...(type.set && given.together.length === 0
      ? [ask("--with", `${name} is about a set of releases: name the others, each as <module>@<version>`)]
      : []),
    ...(type.summary && (given.summary ?? "").trim() === ""
      ? [ask("--summary", `say in a sentence what it is that the ${name} says`)]
      : []),
  ];
}

function contradictions(given: Given, findings: Findings | undefined): Problem[] {
  if (findings === undefined) return [];
  const metrics = Object.entries(given.metrics)
    .filter(([metric, value]) => findings.metrics[metric] !== undefined && findings.metrics[metric] !== value)
    .map(([metric, value]) => ({
      file: "--metric",
      path: metric,
      message: `the file says ${findings.metrics[metric]}`,
      value: String(value),
    }));
  return findings.result === "fail" && given.result === "pass"
    ? [{ file: "--result", path: "", message: `the file says fail: ${findings.summary}`, value: "pass" }, ...metrics]
    : metrics;
}
