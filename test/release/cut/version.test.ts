import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type KnownVersion, nextEdgeVersion, readVersion } from "../../../release/cut/version.ts";
import type { Module } from "../../../release/schema/module.ts";
import { compareVersions, normalizeVersion, type VersionScheme } from "../../../release/versions.ts";

const COMMIT = "3f9c2d145969a9e231037c812332ae3839077c4d";
const NOW = new Date("2026-07-24T23:59:59Z");

const moduleOf = (versions: VersionScheme, name = "maya-io"): Module => ({
  name,
  namespace: name,
  description: "a module",
  purpose: "service",
  owners: ["team"],
  maturity: "mature",
  versions,
  images: {},
  content: {},
  flags: {},
  dependsOn: {},
  values: {},
  atomic: true,
  takes: { rollout: 5, rollback: 5 },
  frozen: false,
  example: false,
  strategy: "replace",
});

const known = (...texts: string[]): KnownVersion[] =>
  texts.map((text) => {
    const [version = "", channel = "stable"] = text.split(" ");
    return { version, channel: channel as KnownVersion["channel"] };
  });

describe("nextEdgeVersion", () => {
  it.each<[VersionScheme, KnownVersion[], string | undefined]>([
    ["semver", [], "0.0.1-edge.1"],
    ["semver", known("1.0.1", "1.1.0"), "1.1.1-edge.1"],
    ["semver", known("1.1.0", "1.1.1-edge.1 edge", "1.1.1-edge.9 edge", "1.1.1-edge.10 edge"), "1.1.1-edge.11"],
    ["semver", known("1.1.0", "1.2.0-edge.4 edge"), "1.2.0-edge.5"],
    ["semver", known("1.1.0", "1.2.0-beta.7 beta"), "1.2.0-edge.1"],
    ["semver", known("1.2.0", "1.2.0-edge.4 edge"), "1.2.1-edge.1"],
    ["release-commit", known("2.3.0+9b1d4e2", "2.3.1+aaaaaaa"), "2.3.2+3f9c2d1"],
    ["release-commit", known("2.3.0+9b1d4e2", "2.4.0+aaaaaaa edge"), "2.4.0+3f9c2d1"],
    ["dated", known("w_2026_30"), "d_2026_07_24"],
    ["mission", known("roman-12.0.0"), undefined],
  ])("%s %j: %s", (scheme, versions, next) => {
    expect(nextEdgeVersion(moduleOf(scheme), versions, COMMIT, NOW)).toBe(next);
  });

  it("is new, of the scheme, and above every edge build before it", () => {
    const part = fc.nat(30);
    const core = fc.tuple(part, part, part).map((parts) => parts.join("."));
    const version = fc.oneof(
      core.map((text) => ({ version: text, channel: "stable" as const })),
      fc.tuple(core, part).map(([text, n]) => ({ version: `${text}-edge.${n}`, channel: "edge" as const })),
    );
    fc.assert(
      fc.property(fc.array(version, { maxLength: 12 }), (versions) => {
        const next = nextEdgeVersion(moduleOf("semver"), versions, COMMIT, NOW) ?? "";
        return (
          normalizeVersion("semver", "maya-io", next) === next &&
          versions.every((before) => compareVersions("semver", before.version, next) < 0)
        );
      }),
    );
  });
});

describe("readVersion", () => {
  it("writes MayaOnline's versions in their one form", () => {
    expect(readVersion(moduleOf("release-commit"), "maya-io-2-3-1-3f9c2d1", COMMIT)).toBe("2.3.1+3f9c2d1");
    expect(readVersion(moduleOf("release-commit"), "2.3.1+3f9c2d1", undefined)).toBe("2.3.1+3f9c2d1");
  });

  it.each<[VersionScheme, string, string]>([
    ["release-commit", "maya-io-2-3-1-0000000", "names commit 0000000, and --commit is 3f9c2d1"],
    ["release-commit", "2.3.1", "is no release-commit version, such as maya-io-1-2-3-<commit> or 1.2.3+<commit>"],
    ["semver", " 1.2.3", "is no semver version, such as 1.2.3 or 1.3.0-edge.4"],
    ["semver", "../../1.2.3", "is no semver version"],
    ["dated", "d_2026_02_30", "is no dated version"],
    ["mission", "12.0.0", "is no mission version, such as roman-12.0.0"],
  ])("refuses the %s version %j", (scheme, text, message) => {
    expect(() => readVersion(moduleOf(scheme), text, COMMIT)).toThrow(message);
  });
});
