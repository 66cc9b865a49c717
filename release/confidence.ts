import type { Slo } from "./schema/slos.ts";

/** Events of one objective while a release ran. Prometheus extrapolates, so that a count may be no whole number. */
export interface SloCount {
  readonly slo: Pick<Slo, "name" | "objective">;
  readonly good: number;
  readonly total: number;
}

/** How one objective stands. */
interface SloConfidence extends SloCount {
  /** Probability that the release meets the objective, 0 to 1. */
  readonly probability: number;
  /** Whether the share of good events that was measured is at least the objective. */
  readonly met: boolean;
}

/** The release confidence, and what it comes from. */
export interface Confidence {
  /** That of the weakest objective, 0 to 1. */
  readonly probability: number;
  readonly slos: readonly SloConfidence[];
}

/**
 * The release confidence: how probable it is, after the events that were seen while the release ran, that it meets each of
 * its objectives. Of one objective o, with g good events among n and nothing known beforehand (a uniform prior), that is
 *
 *     P(p >= o | g, n) = 1 - I_o(g + 1, n - g + 1)
 *
 * where I is the regularized incomplete beta function: the share of the posterior distribution Beta(g + 1, n - g + 1) that
 * lies at or above o. The release's figure is that of its weakest objective; nothing is assumed of how they hang together.
 * Few events give a low figure, even if all were good: with o = 0.995, it takes about 600 good ones for 95 %.
 * @throws RangeError where there are more good events than events, or no objective
 */
export function releaseConfidence(counts: readonly SloCount[]): Confidence {
  const slos = counts.map((count): SloConfidence => {
    const { slo, total } = count;
    // Two extrapolated counts of the same events may differ by a hair.
    const good = Math.min(count.good, total);
    if (!(total >= 0 && good >= 0 && count.good <= total * 1.01 + 1)) {
      throw new RangeError(`${slo.name} has ${count.good} good events of ${total}`);
    }
    const probability = 1 - incompleteBeta(slo.objective, good + 1, total - good + 1);
    return { slo, good, total, probability, met: total > 0 && good / total >= slo.objective };
  });
  if (slos.length === 0) throw new RangeError("there is no objective");
  return { probability: Math.min(...slos.map(({ probability }) => probability)), slos };
}

/** The regularized incomplete beta function I_x(a, b), by its continued fraction (DLMF 8.17.22). */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast on this side of the mean only.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  return Math.min(1, Math.max(0, front * continuedFraction(x, a, b)));
}

const TINY = 1e-300;
const MAX_STEPS = 100_000;

/** Lentz's method, from the front. */
function continuedFraction(x: number, a: number, b: number): number {
  const nonzero = (value: number) => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / nonzero(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m <= MAX_STEPS; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    let factor = 1;
    for (const term of [even, odd]) {
      d = 1 / nonzero(1 + term * d);
      c = nonzero(1 + term / c);
      factor = c * d;
      result *= factor;
    }
    if (Math.abs(factor - 1) < 1e-14) break;
  }
  return result;
}

/** The logarithm of the gamma function, for positive arguments: Stirling's series (DLMF 5.11.1), shifted to where it is exact enough. */
function logGamma(x: number): number {
  let [shift, z] = [0, x];
  for (; z < 10; z += 1) shift += Math.log(z);
  const series = 1 / (12 * z) - 1 / (360 * z ** 3) + 1 / (1260 * z ** 5) - 1 / (1680 * z ** 7);
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series - shift;
}
