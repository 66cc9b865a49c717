import { describe, expect, it } from "vitest";
import { z } from "zod";
import { buildStatement, predicateType, Statement } from "../../../release/signing/statement.ts";

const SHA256 = "ab".repeat(32);

describe("predicateType", () => {
  it("puts a name and a version behind the one prefix", () => {
    expect(predicateType("vote")).toBe("https://imprimatur.dev/predicate/vote/v1");
    expect(predicateType("blessing", 2)).toBe("https://imprimatur.dev/predicate/blessing/v2");
  });
});

describe("buildStatement", () => {
  it("writes an in-toto Statement v1", () => {
    expect(buildStatement([{ name: "1.1.0.json", sha256: SHA256 }], predicateType("vote"), { verdict: "GO" })).toEqual({
      _type: "https://in-toto.io/Statement/v1",
      subject: [{ name: "1.1.0.json", digest: { sha256: SHA256 } }],
      predicateType: "https://imprimatur.dev/predicate/vote/v1",
      predicate: { verdict: "GO" },
    });
  });

  it.each([
    ["no subject", []],
    ["an upper-case digest", [{ name: "a", sha256: SHA256.toUpperCase() }]],
    ["a digest with its algorithm", [{ name: "a", sha256: `sha256:${SHA256}` }]],
    ["a short digest", [{ name: "a", sha256: SHA256.slice(1) }]],
  ])("does not build one with %s", (_, subjects) => {
    expect(() => buildStatement(subjects, predicateType("vote"), {})).toThrow(z.ZodError);
  });
});

describe("Statement", () => {
  const v1 = buildStatement([{ name: "a", sha256: SHA256 }], predicateType("vote"), {});

  it("reads the v0.1 that cosign writes", () => {
    const older = { ...v1, _type: "https://in-toto.io/Statement/v0.1" };
    expect(Statement.parse(older)).toEqual(older);
  });

  it("keeps of a statement only what rules may rest on", () => {
    const subject = [{ uri: "https://elsewhere", digest: { sha256: SHA256, sha512: "x" } }];
    expect(Statement.parse({ ...v1, subject, extra: 1 })).toEqual({
      ...v1,
      subject: [{ name: "", digest: { sha256: SHA256 } }],
    });
  });

  it.each([
    ["another type", { _type: "https://in-toto.io/Statement/v2" }],
    ["no predicate", { predicate: undefined }],
    ["a predicate that is a text", { predicate: "GO" }],
    ["a predicate that is a list", { predicate: [] }],
    ["an empty predicate type", { predicateType: "" }],
    ["a subject with no SHA-256", { subject: [{ name: "a", digest: { sha512: "x" } }] }],
  ])("refuses %s", (_, change) => {
    expect(Statement.safeParse({ ...v1, ...change }).success).toBe(false);
  });
});
