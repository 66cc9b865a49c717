import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareVersions, isRange, normalizeVersion, satisfiesRange } from "../../release/versions.ts";

describe("normalizeVersion", () => {
  it.each([
    ["semver", "skaha", "1.0.2", "1.0.2"],
    ["semver", "skaha", "1.2.0-edge.4", "1.2.0-edge.4"],
    ["semver", "skaha", "v1.0.2x", undefined],
    ["release-commit", "maya-io", "maya-io-2-3-1-3f9c2d1", "2.3.1+3f9c2d1"],
    ["release-commit", "maya-io", "2.3.1+3f9c2d1", "2.3.1+3f9c2d1"],
    ["release-commit", "maya-io", "maya-ui-2-3-1-3f9c2d1", undefined],
    ["release-commit", "maya-io", "2.3.1", undefined],
    ["mission", "roman-notebook", "roman-12.0.0", "roman-12.0.0"],
    ["mission", "roman-notebook", "12.0.0", undefined],
    ["dated", "sciplat-lab", "w_2026_30", "w_2026_30"],
    ["dated", "sciplat-lab", "d_2026_07_24", "d_2026_07_24"],
    ["dated", "sciplat-lab", "d_2026_02_30", undefined],
    ["dated", "sciplat-lab", "w_2026_54", undefined],
  ] as const)("%s %s %s", (scheme, module, text, expected) => {
    expect(normalizeVersion(scheme, module, text)).toBe(expected);
  });

  it("maps every MayaOnline version and back", () => {
    const part = fc.nat({ max: 999 });
    const commit = fc.stringMatching(/^[0-9a-f]{7,40}$/);
    fc.assert(
      fc.property(part, part, part, commit, (major, minor, release, sha) => {
        const mapped = normalizeVersion("release-commit", "maya-io", `maya-io-${major}-${minor}-${release}-${sha}`);
        expect(mapped).toBe(`${major}.${minor}.${release}+${sha}`);
      }),
    );
  });
});

describe("compareVersions", () => {
  it.each([
    ["semver", "1.0.2", "1.1.0", -1],
    ["semver", "1.2.0-edge.4", "1.2.0", -1],
    ["release-commit", "2.3.1+3f9c2d1", "2.3.1+0000000", 0],
    ["mission", "roman-12.0.0", "roman-11.9.9", 1],
    ["dated", "w_2026_30", "w_2026_26", 1],
    // 24 July 2026 is the Friday of ISO week 30, which began on Monday the 20th.
    ["dated", "d_2026_07_24", "w_2026_30", 1],
    ["dated", "d_2026_07_20", "w_2026_30", 0],
    ["dated", "d_2026_07_19", "w_2026_30", -1],
  ] as const)("%s: %s against %s", (scheme, a, b, sign) => {
    expect(Math.sign(compareVersions(scheme, a, b))).toBe(sign);
  });

  it("is a total order on days", () => {
    const day = fc
      .date({ min: new Date("2000-01-01"), max: new Date("2099-12-31"), noInvalidDate: true })
      .map((date) => `d_${date.toISOString().slice(0, 10).replaceAll("-", "_")}`);
    fc.assert(
      fc.property(day, day, (a, b) => {
        expect(Math.sign(compareVersions("dated", a, b))).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });

  it("names the text that is no version", () => {
    expect(() => compareVersions("semver", "1.0.0", "next")).toThrow(/next is no semver version/);
  });
});

describe("satisfiesRange", () => {
  it.each([
    ["semver", "1.0.2", ">=1.0.0", true],
    ["semver", "0.9.9", ">=1.0.0", false],
    ["semver", "1.2.0-edge.4", ">=1.0.0 <2", true],
    ["mission", "roman-12.0.0", "^12.0.0", true],
    ["dated", "w_2026_30", ">=w_2026_20 <d_2026_12_31", true],
    ["dated", "w_2026_30", "<w_2026_20", false],
    ["dated", "w_2026_30", "*", true],
    ["semver", "not a version", "*", false],
  ] as const)("%s: %s in %s", (scheme, version, range, expected) => {
    expect(satisfiesRange(scheme, version, range)).toBe(expected);
  });

  it("knows what is no range", () => {
    expect(isRange("semver", ">=1.0.0")).toBe(true);
    expect(isRange("semver", "one or two")).toBe(false);
    expect(isRange("dated", ">=w_2026_20")).toBe(true);
    expect(isRange("dated", ">=1.0.0")).toBe(false);
  });
});
