import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { incompleteBeta, releaseConfidence } from "../../release/confidence.ts";

/** I_x(a, b) of whole a and b is the chance of at least a successes in a + b - 1 tries. */
function binomialTail(x: number, a: number, b: number): number {
  const n = a + b - 1;
  let term = (1 - x) ** n;
  let sum = 0;
  for (let k = 0; k <= n; k += 1) {
    if (k >= a) sum += term;
    term *= ((n - k) / (k + 1)) * (x / (1 - x));
  }
  return sum;
}

const slo = { name: "availability", objective: 0.995 };
const of = (good: number, total: number, objective = 0.995) =>
  releaseConfidence([{ slo: { ...slo, objective }, good, total }]).probability;

describe("incompleteBeta", () => {
  it("is the binomial distribution's tail for whole numbers", () => {
    const whole = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 0.99, noNaN: true }), whole, whole, (x, a, b) => {
        expect(incompleteBeta(x, a, b)).toBeCloseTo(binomialTail(x, a, b), 9);
      }),
    );
  });

  it("rises from 0 to 1, also for millions of events", () => {
    const count = fc.double({ min: 1, max: 5_000_000, noNaN: true });
    fc.assert(
      fc.property(count, count, fc.double({ min: 0.001, max: 0.998, noNaN: true }), (a, b, x) => {
        const [low, high] = [incompleteBeta(x, a, b), incompleteBeta(x + 0.001, a, b)];
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(high).toBeGreaterThanOrEqual(low - 1e-9);
      }),
    );
  });
});

describe("releaseConfidence", () => {
  it("knows nothing without events: what a uniform prior has above the objective", () => {
    expect(of(0, 0)).toBeCloseTo(0.005, 12);
  });

  it("needs some 600 good events for 95 % of an objective of 0.995", () => {
    expect(of(590, 590)).toBeLessThan(0.95);
    expect(of(600, 600)).toBeGreaterThan(0.95);
    // With none bad, it is 1 - o^(n + 1).
    expect(of(600, 600)).toBeCloseTo(1 - 0.995 ** 601, 10);
  });

  it("is about even where what was measured is the objective itself, and near nothing where it is far below", () => {
    expect(of(199_000, 200_000)).toBeGreaterThan(0.45);
    expect(of(199_000, 200_000)).toBeLessThan(0.55);
    expect(of(190_000, 200_000)).toBeLessThan(1e-9);
    expect(of(199_900, 200_000)).toBeGreaterThan(1 - 1e-9);
  });

  it("rises with each good event, falls with each bad one", () => {
    fc.assert(
      fc.property(
        fc.nat(3000),
        fc.nat(50),
        fc.double({ min: 0.5, max: 0.9999, noNaN: true }),
        (good, bad, objective) => {
          const now = of(good, good + bad, objective);
          expect(of(good + 1, good + bad + 1, objective)).toBeGreaterThanOrEqual(now - 1e-10);
          expect(of(good, good + bad + 1, objective)).toBeLessThanOrEqual(now + 1e-10);
        },
      ),
    );
  });

  it("is that of the weakest objective", () => {
    const strong = { slo, good: 10_000, total: 10_000 };
    const weak = { slo: { name: "latency", objective: 0.9 }, good: 89, total: 100 };
    const { probability, slos } = releaseConfidence([strong, weak]);
    expect(slos.map(({ slo: { name }, met }) => [name, met])).toEqual([
      ["availability", true],
      ["latency", false],
    ]);
    expect(probability).toBe(slos[1]?.probability);
  });

  it("takes no counts that cannot be, but forgives what extrapolation does", () => {
    expect(() => of(20, 10)).toThrow(RangeError);
    expect(() => of(Number.NaN, 10)).toThrow(RangeError);
    expect(() => releaseConfidence([])).toThrow("no objective");
    expect(of(1000.4, 1000)).toBe(of(1000, 1000));
  });
});
