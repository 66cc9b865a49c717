import type { CanaryAnalysis, Check } from "../schema/canary.ts";

/** A number for each of the two versions; undefined where the server has none. */
export interface Reading {
  readonly canary: number | undefined;
  readonly stable: number | undefined;
}

/** What was measured of a canary and, over the same time, of the stable version beside it. */
export interface Measured {
  readonly samples: Reading;
  /** By name of the check. */
  readonly checks: Readonly<Record<string, Reading>>;
}

interface CheckFinding extends Reading {
  readonly name: string;
  readonly verdict: "pass" | "fail" | "not enough data";
  readonly text: string;
}

/** `not enough data` is no finding about the canary: nothing is to be signed. */
export interface Analysis {
  readonly verdict: CheckFinding["verdict"];
  readonly findings: readonly CheckFinding[];
  /** The numbers, for evidence: `<check>` of the canary and `<check>.stable`. */
  readonly metrics: Readonly<Record<string, number>>;
  /** In a sentence. */
  readonly summary: string;
}

/** The shortest time that rates are taken over, in seconds: two scrapes of a usual Prometheus. */
const SHORTEST = 60;

/** For how many seconds back a canary is looked at: since its population was last changed, and no longer than the module says. */
export function windowSeconds({ maxMinutes }: CanaryAnalysis, since: Date, now: Date): number {
  const elapsed = Math.floor((now.getTime() - since.getTime()) / 1000);
  return Math.max(SHORTEST, Math.min(elapsed, maxMinutes * 60));
}

/** A query as it is sent: about one version, over one window. */
export function queryText(query: string, version: string, seconds: number): string {
  const quoted = version.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  return query.replaceAll("$version", () => quoted).replaceAll("$window", `${seconds}s`);
}

/**
 * Holds what was measured against the module's bounds. Where everybody gets the canary, the stable version may have too few
 * samples to compare with: then bounds alone decide, and what only compares decides nothing.
 * @param population who gets the canary, in percent
 */
export function judgeCanaryNumbers(
  { minSamples, checks }: CanaryAnalysis,
  measured: Measured,
  population: number,
): Analysis {
  const alone = population >= 100 && (measured.samples.stable ?? 0) < minSamples;
  const findings = [
    judgeSamples(measured.samples, minSamples, alone),
    ...Object.entries(checks).map(([name, check]) =>
      judgeCheck(name, check, measured.checks[name] ?? { canary: undefined, stable: undefined }, alone),
    ),
  ];
  const has = (verdict: CheckFinding["verdict"]) => findings.filter((finding) => finding.verdict === verdict);
  // Few samples may look good or bad by chance: they decide nothing, whatever the numbers.
  const verdict = has("not enough data").length > 0 ? "not enough data" : has("fail").length > 0 ? "fail" : "pass";
  const told = verdict === "pass" ? findings : has(verdict);
  const metrics = findings.flatMap(({ name, canary, stable }) => [
    ...(canary === undefined ? [] : [[name, canary] as const]),
    ...(stable === undefined ? [] : [[`${name}.stable`, stable] as const]),
  ]);
  return { verdict, findings, metrics: Object.fromEntries(metrics), summary: told.map(({ text }) => text).join("; ") };
}

function judgeSamples(reading: Reading, minSamples: number, alone: boolean): CheckFinding {
  // Without a series nothing was counted.
  const { canary, stable } = { canary: reading.canary ?? 0, stable: reading.stable ?? 0 };
  const verdict = canary >= minSamples && (alone || stable >= minSamples) ? "pass" : "not enough data";
  const left = alone ? "; everybody gets the canary, so it is compared with nothing" : "";
  const text = `${rounded(canary)} samples of the canary and ${rounded(stable)} of the stable version, of ${minSamples} needed${left}`;
  return { name: "samples", canary, stable, verdict, text };
}

function judgeCheck(
  name: string,
  { max, min, maxRatio }: Check,
  { canary, stable }: Reading,
  alone: boolean,
): CheckFinding {
  const finding = (verdict: CheckFinding["verdict"], text: string): CheckFinding => ({
    name,
    canary,
    stable,
    verdict,
    text: `${name} ${text}`,
  });
  if (canary === undefined) return finding("not enough data", "has no number for the canary");
  const compares = maxRatio !== undefined && !alone;
  if (maxRatio !== undefined && alone && max === undefined) {
    return finding("not enough data", "has no upper bound but a comparison, and nobody gets the stable version");
  }
  if (compares && stable === undefined) {
    return finding("not enough data", "has no number for the stable version");
  }
  const shown = `is ${rounded(canary)}${stable === undefined ? "" : `, and ${rounded(stable)} of the stable version`}`;
  if (max !== undefined && canary > max) return finding("fail", `${shown}; at most ${max} is allowed`);
  if (min !== undefined && canary < min) return finding("fail", `${shown}; at least ${min} is asked for`);
  if (compares && stable !== undefined && stable > 0 && canary > stable * maxRatio) {
    return finding("fail", `${shown}; at most ${maxRatio} times that is allowed`);
  }
  return finding("pass", shown);
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
