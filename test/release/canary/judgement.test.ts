import { describe, expect, it } from "vitest";
import { judgeCanaryNumbers, queryText, windowSeconds } from "../../../release/canary/analysis.ts";
import type { CanaryPlan } from "../../../release/canary/plan.ts";
import { type FlagFacts, populationDrift, populationOf, rolloutOf } from "../../../release/canary/population.ts";
import { CanaryAnalysis, CanaryDeclaration } from "../../../release/schema/canary.ts";

const CONFIG = CanaryAnalysis.parse({
  samples: "x",
  minSamples: 100,
  checks: { errors: { query: "x", max: 0.05, maxRatio: 2 }, valid: { query: "x", min: 0.9 } },
});
const enough = { canary: 100, stable: 5000 };
type Pair = readonly [canary: number | undefined, stable: number | undefined];
const verdictOf = (errors: Pair, valid: Pair = [1, 1], samples: object = enough, population = 25) => {
  const reading = ([canary, stable]: Pair) => ({ canary, stable });
  const measured = { samples: { ...enough, ...samples }, checks: { errors: reading(errors), valid: reading(valid) } };
  return judgeCanaryNumbers(CONFIG, measured, population);
};

describe("the numbers of a canary", () => {
  it.each([
    ["within all bounds", [0.02, 0.01], "pass"],
    ["at the bound", [0.05, 0.05], "pass"],
    ["above the most", [0.051, 0.05], "fail"],
    ["more than so many times the stable version", [0.021, 0.01], "fail"],
    ["where the stable version shows 0, the most decides", [0.05, 0], "pass"],
    ["without a number of the canary", [undefined, 0.01], "not enough data"],
    ["without a number to compare with", [0.01, undefined], "not enough data"],
  ] as const)("%s", (_, errors, verdict) => {
    expect(verdictOf(errors).verdict).toBe(verdict);
  });

  it("must reach the least, where one is asked for; nothing is compared where no ratio is", () => {
    expect(verdictOf([0, 0], [0.89, 1])).toMatchObject({
      verdict: "fail",
      summary: "valid is 0.89, and 1 of the stable version; at least 0.9 is asked for",
    });
    expect(verdictOf([0, 0], [0.9, undefined]).verdict).toBe("pass");
  });

  it("decide nothing where samples of either version are few, however bad they look", () => {
    for (const few of [{ canary: 99 }, { stable: 99 }, { canary: undefined }]) {
      const { verdict, summary } = verdictOf([1, 0], [0, 1], few);
      expect([verdict, summary]).toEqual([
        "not enough data",
        expect.stringMatching(/^[\d ]*\d+ samples of the canary/),
      ]);
    }
  });

  it("at 100 % nothing is compared where the stable version has no samples, and that is said", () => {
    const none = { stable: undefined };
    const alone = (errors: Pair, valid: Pair = [1, undefined]) => verdictOf(errors, valid, none, 100);
    expect(alone([0.05, undefined])).toMatchObject({
      verdict: "pass",
      summary: expect.stringContaining("of 100 needed; everybody gets the canary, so it is compared with nothing"),
    });
    expect(alone([0.051, undefined]).verdict).toBe("fail");
    expect(alone([0.01, undefined], [0.89, undefined]).verdict).toBe("fail");
    // A few stragglers of the stable version are not enough to compare with.
    expect(alone([0.05, 0.01]).verdict).toBe("pass");
    expect(verdictOf([0.05, 0.01], [1, 1], enough, 100).verdict).toBe("fail");
    expect(verdictOf([0.05, undefined], [1, undefined], { canary: 99, ...none }, 100).verdict).toBe("not enough data");
    expect(verdictOf([0.05, undefined], [1, undefined], none, 99).verdict).toBe("not enough data");
  });

  it("at 100 % what bounds by a comparison alone decides nothing", () => {
    const config = CanaryAnalysis.parse({
      samples: "x",
      minSamples: 1,
      checks: { latency: { query: "x", min: 0, maxRatio: 2 } },
    });
    const measured = { samples: { canary: 5, stable: 0 }, checks: { latency: { canary: 9, stable: undefined } } };
    expect(judgeCanaryNumbers(config, measured, 100)).toMatchObject({
      verdict: "not enough data",
      summary: "latency has no upper bound but a comparison, and nobody gets the stable version",
    });
  });

  it("are all in the evidence", () => {
    expect(verdictOf([0.02, 0.01]).metrics).toEqual({
      samples: 100,
      "samples.stable": 5000,
      errors: 0.02,
      "errors.stable": 0.01,
      valid: 1,
      "valid.stable": 1,
    });
  });

  it("are asked of one version, since the population was changed", () => {
    expect(queryText('a{v="$version"}[$window] / $window', '1.0"$&\\', 90)).toBe('a{v="1.0\\"$&\\\\"}[90s] / 90s');
    const at = (seconds: number) => new Date(seconds * 1000);
    expect([
      windowSeconds(CONFIG, at(0), at(600)),
      windowSeconds(CONFIG, at(0), at(9999)),
      windowSeconds(CONFIG, at(0), at(5)),
    ]).toEqual([600, 3600, 60]);
  });
});

describe("a declaration", () => {
  it.each([
    ["a ladder that falls", { ladder: [25, 5] }],
    ["a rung of 0", { ladder: [0, 5] }],
    ["a rung above 100", { ladder: [5, 101] }],
    ["no rung", { ladder: [] }],
    ["an analysis of nothing", { ladder: [5], analysis: { samples: "x", minSamples: 1, checks: {} } }],
    [
      "a ratio alone",
      { ladder: [5], analysis: { samples: "x", minSamples: 1, checks: { a: { query: "x", maxRatio: 2 } } } },
    ],
  ])("with %s is refused", (_, declaration) => {
    expect(CanaryDeclaration.safeParse(declaration).success).toBe(false);
  });
});

describe("a population", () => {
  const plan: CanaryPlan = {
    carrier: "unleash",
    flag: "f",
    ladder: [5, 25],
    stickiness: "clusterId",
    only: { region: ["eu", "us"] },
    except: { clusterId: ["a"] },
  };
  const flag = (percentage: number, changes: Partial<FlagFacts> = {}): FlagFacts => ({
    enabled: true,
    rollouts: [rolloutOf(plan, percentage)],
    foreign: [],
    ...changes,
  });
  const state = (population: number) => ({ stable: "1", before: null, canary: "2", population });

  it("is what the flag does, not what it says", () => {
    expect(populationOf(undefined)).toBe(0);
    expect(populationOf(flag(25))).toBe(25);
    expect(populationOf(flag(25, { enabled: false }))).toBe(0);
    expect(populationOf(flag(0, { rollouts: [] }))).toBe(100);
    expect(populationOf(flag(5, { foreign: ["default"] }))).toBeUndefined();
    expect(populationOf(flag(5, { rollouts: [rolloutOf(plan, 5), rolloutOf(plan, 5)] }))).toBeUndefined();
  });

  it("has not drifted where it is as recorded and signed for, in whatever order", () => {
    const [first, second] = rolloutOf(plan, 5).constraints;
    const turned = [second, first && { ...first, values: [...first.values].reverse() }].filter(
      (one) => one !== undefined,
    );
    const rollouts = [{ ...rolloutOf(plan, 5), constraints: turned }];
    expect(populationDrift(plan, state(5), flag(5, { rollouts }))).toEqual([]);
    expect(populationDrift(plan, state(0), undefined)).toEqual([]);
  });

  it.each([
    [
      "off the ladder",
      flag(7),
      5,
      ["the population is 7 %, which is not on the ladder 5, 25", "the population is 7 %, and 5 % is recorded"],
    ],
    ["on another rung", flag(25), 5, ["the population is 25 %, and 5 % is recorded"]],
    ["switched off", flag(5, { enabled: false }), 5, ["the population is 0 %, and 5 % is recorded"]],
    ["gone", undefined, 5, ["there is no flag f, so nobody gets the canary"]],
    [
      "for others",
      flag(5, { rollouts: [{ ...rolloutOf(plan, 5), constraints: [] }] }),
      5,
      ["the flag f is for other clients than was signed for"],
    ],
    [
      "somebody else's too",
      flag(5, { foreign: ["default"] }),
      5,
      ["the flag f has strategies of others: default; nobody can tell who gets the canary"],
    ],
  ])("that is %s has drifted", (_, facts, recorded, told) => {
    expect(populationDrift(plan, state(recorded), facts)).toEqual(told);
  });
});
