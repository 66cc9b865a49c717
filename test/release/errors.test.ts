import { describe, expect, it } from "vitest";
import { describeProblem, nearestHint } from "../../release/errors.ts";

const WINDOWS = ["canfar-quarterly", "maya-release", "patch-thursday", "summit-window"];

describe("what a message suggests", () => {
  it.each([
    ["patch-thurday", WINDOWS, { nearest: "patch-thursday" }],
    ["prdo", ["dev", "prod"], { nearest: "prod" }],
    ["wbe", ["store", "web"], { nearest: "web" }],
    ["q", ["qa", "sre"], { nearest: "qa" }],
    ["nosuch", WINDOWS, { choices: WINDOWS }],
    ["nosuch", Array.from({ length: 9 }, (_, index) => `module-${index}`), {}],
    ["nosuch", [], {}],
  ])("for %s among %j is %j", (value, candidates, hint) => {
    expect(nearestHint(value, candidates)).toEqual(hint);
  });

  it("is the choices where none comes near, unless the message has them", () => {
    const problem = { file: "--to", path: "", message: "is no stack", value: "x", choices: ["dev", "prod"] };
    expect(describeProblem(problem)).toBe('--to: is no stack (got "x"; choose from "dev", "prod")');
    expect(describeProblem({ ...problem, message: "must be one of dev, prod" })).toBe(
      '--to: must be one of dev, prod (got "x")',
    );
  });
});
