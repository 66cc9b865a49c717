import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputError } from "../../../release/errors.ts";
import { MAX_SOURCE_BYTES } from "../../../release/evidence/findings.ts";
import { FORMATS, type Format } from "../../../release/evidence/formats.ts";

const COMMIT = "3f9c2d145969a9e231037c812332ae3839077c4d";
const HEX = "ab".repeat(32);

/** A file of each format, as its tool writes it. */
const SAMPLES: Record<Format, string> = {
  junit: `<?xml version="1.0"?>
<testsuites>
  <testsuite name="outer" tests="4" failures="1" errors="0" skipped="1">
    <testcase name="a"/>
    <testcase name="b"><failure message="1 &lt; 2">trace</failure></testcase>
    <testsuite name="inner"><testcase name="c"><skipped/></testcase><testcase name="d"/></testsuite>
  </testsuite>
  <testsuite name="other"><testcase name="e"><error/></testcase><properties/></testsuite>
</testsuites>`,
  lcov: `TN:
SF:a.ts
FN:1,f
FNF:3
FNH:2
BRF:4
BRH:1
DA:1,1
DA:2,0
LH:1
LF:2
end_of_record
SF:b.ts
DA:1,5
DA:2,0
DA:3,10
end_of_record
`,
  trivy: JSON.stringify({
    SchemaVersion: 2,
    ArtifactName: "registry.test/app/web",
    Results: [
      { Target: "debian", Vulnerabilities: [{ VulnerabilityID: "CVE-1", Severity: "HIGH" }] },
      {
        Target: "node",
        Vulnerabilities: [
          { VulnerabilityID: "CVE-1", Severity: "CRITICAL" },
          { VulnerabilityID: "CVE-2", Severity: "LOW" },
        ],
      },
      { Target: "nothing", Vulnerabilities: null },
    ],
  }),
  grype: JSON.stringify({
    matches: [
      { vulnerability: { id: "CVE-1", severity: "Medium" } },
      { vulnerability: { id: "CVE-1", severity: "Medium" } },
      { vulnerability: { id: "CVE-3", severity: "Negligible" } },
      { vulnerability: { id: "CVE-4", severity: "Peculiar" } },
    ],
    descriptor: { name: "grype", version: "0.90.0" },
  }),
  cyclonedx: JSON.stringify({
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    components: [{ name: "a", components: [{ name: "b" }] }, { name: "c" }],
  }),
  spdx: JSON.stringify({ spdxVersion: "SPDX-2.3", packages: [{ name: "a" }] }),
  slsa: JSON.stringify({
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: "web", digest: { sha256: HEX } }],
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        buildType: "https://ci.test/build",
        externalParameters: { workflow: { ref: "refs/heads/master" } },
        resolvedDependencies: [{ uri: "git+https://git.test/web", digest: { gitCommit: COMMIT } }],
      },
      runDetails: { builder: { id: "https://ci.test/builder" } },
    },
  }),
};

const read = (format: Format, text: string) => FORMATS[format](Buffer.from(text), "report");

/** The one line that a refused file is told of. */
function refused(format: Format, text: string | Uint8Array): string {
  try {
    FORMATS[format](Buffer.from(text), "report");
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  throw new Error("was accepted");
}

describe("readers", () => {
  it.each<[Format, object]>([
    [
      "junit",
      { result: "fail", metrics: { tests: 5, failed: 2, skipped: 1 }, summary: "5 tests, 2 failed, 1 skipped" },
    ],
    [
      "lcov",
      {
        result: "pass",
        metrics: { lines: 60, branches: 25, functions: 66.66 },
        summary: "covered: 60 % of lines, 25 % of branches, 66.66 % of functions",
      },
    ],
    [
      "trivy",
      {
        result: "pass",
        metrics: { critical: 1, high: 0, medium: 0, low: 1, unknown: 0 },
        summary: "2 distinct vulnerabilities: 1 critical, 1 low",
      },
    ],
    [
      "grype",
      {
        result: "pass",
        metrics: { critical: 0, high: 0, medium: 1, low: 1, unknown: 1 },
        summary: "3 distinct vulnerabilities: 1 medium, 1 low, 1 unknown",
      },
    ],
    ["cyclonedx", { result: "pass", metrics: { components: 3 }, summary: "CycloneDX 1.6, 3 components" }],
    ["spdx", { result: "pass", metrics: { components: 1 }, summary: "SPDX-2.3, 1 component" }],
    [
      "slsa",
      {
        result: "pass",
        metrics: { "branch:master": 1 },
        summary: "built from commit 3f9c2d145969 of branch master by https://ci.test/builder",
        about: [HEX],
        commit: COMMIT,
      },
    ],
  ])("reads %s", (format, findings) => {
    expect(read(format, SAMPLES[format])).toEqual(findings);
  });

  it("takes a passed report and one suite as root", () => {
    expect(read("junit", '<testsuite><testcase name="a"/></testsuite>')).toEqual({
      result: "pass",
      metrics: { tests: 1, failed: 0, skipped: 0 },
      summary: "1 test, 0 failed, 0 skipped",
    });
  });

  it("fails a report of no tests", () => {
    expect(read("junit", "<testsuites/>")).toMatchObject({ result: "fail", summary: "no tests ran" });
  });

  it("believes a suite that declares an error outside any test", () => {
    const text = '<testsuite tests="1" errors="1"><testcase name="a"/><system-err/></testsuite>';
    expect(read("junit", text)).toMatchObject({ result: "fail", metrics: { tests: 1, failed: 1, skipped: 0 } });
  });

  it("takes a Trivy report of a clean image, which has no results", () => {
    const clean = read("trivy", '{"SchemaVersion":2,"ArtifactName":"web"}');
    expect(clean.summary).toBe("0 distinct vulnerabilities");
    expect(clean.metrics).toEqual({ critical: 0, high: 0, medium: 0, low: 0, unknown: 0 });
  });

  it("takes SLSA v0.2, as a bare predicate", () => {
    const predicate = {
      builder: { id: "https://ci.test/jenkins" },
      buildType: "https://ci.test/build",
      invocation: { configSource: { uri: "git+https://git.test/web@refs/heads/main", digest: { sha1: COMMIT } } },
    };
    expect(read("slsa", JSON.stringify(predicate))).toEqual({
      result: "pass",
      metrics: { "branch:main": 1 },
      summary: "built from commit 3f9c2d145969 of branch main by https://ci.test/jenkins",
      commit: COMMIT,
    });
  });

  it.each<[Format, string, string]>([
    ["junit", "<html/>", "report: is not a JUnit XML report: its root is <html>, not <testsuites> or <testsuite>"],
    ["junit", '<testsuite tests="many"/>', 'report: is not a JUnit XML report: <testsuite tests="many"> is no count'],
    ["lcov", "SF:a\nLF:1\nLH:1\n", "report: is not an lcov tracefile: it is cut off: its last record has no end"],
    ["lcov", "SF:a\nLF:1\nLH:2\nend_of_record\n", "report: is not an lcov tracefile: LH is more than LF: 2 of 1"],
    ["lcov", "hello", "report: is not an lcov tracefile: it has no line that could be covered"],
    ["trivy", "[", "report: is not a Trivy JSON report: it is not JSON"],
    ["spdx", '{"spdxVersion":"SPDX-3.0"}', "report: is not an SPDX 2 JSON SBOM: spdxVersion: must be SPDX-2.x"],
    ["slsa", "{}", expect.stringContaining("neither runDetails.builder.id nor builder.id") as unknown as string],
  ])("refuses what is not %s: %s", (format, text, message) => {
    expect(refused(format, text)).toEqual(message);
  });

  it("expands no entity", () => {
    const bomb = '<!DOCTYPE t [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><testsuite><testcase name="&b;"/></testsuite>';
    expect(refused("junit", bomb)).toContain("is not a JUnit XML report");
  });

  it("refuses suites that are nested without end", () => {
    const depth = 100_000;
    const text = `${"<testsuite>".repeat(depth)}${"</testsuite>".repeat(depth)}`;
    expect(refused("junit", text)).toContain("nested too deeply");
  });

  it("counts components at any depth", () => {
    const depth = 5_000;
    const inner = `${'{"components":['.repeat(depth)}${"]}".repeat(depth)}`;
    const text = `{"bomFormat":"CycloneDX","specVersion":"1.6","components":[${inner}]}`;
    expect(read("cyclonedx", text).metrics).toEqual({ components: depth });
  });

  it.each(Object.keys(FORMATS) as Format[])("refuses %s that is too large before it is parsed", (format) => {
    const large = Buffer.alloc(MAX_SOURCE_BYTES + 1, " ");
    expect(refused(format, large)).toBe(`report: has ${large.length} bytes; at most ${MAX_SOURCE_BYTES} are read`);
  });
});

/** A sample with some bytes changed, cut out or doubled. */
const damaged = fc
  .record({
    format: fc.constantFrom(...(Object.keys(FORMATS) as Format[])),
    at: fc.nat(2_000),
    length: fc.nat(40),
    by: fc.uint8Array({ maxLength: 8 }),
  })
  .map(({ format, at, length, by }) => {
    const bytes = Buffer.from(SAMPLES[format]);
    const from = at % bytes.length;
    return { format, bytes: Buffer.concat([bytes.subarray(0, from), by, bytes.subarray(from + length)]) };
  });

/** JSON whose keys are those that readers look for, in all the wrong places. */
const lookalike = fc
  .letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom("", "CycloneDX", "grype", "SPDX-2.3", "HIGH", 2, -1, null, true),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(
        fc.constantFrom(
          "bomFormat",
          "specVersion",
          "components",
          "matches",
          "vulnerability",
          "descriptor",
          "Results",
          "SchemaVersion",
          "predicate",
          "predicateType",
          "subject",
          "digest",
          "builder",
          "id",
          "buildType",
          "runDetails",
          "buildDefinition",
          "__proto__",
        ),
        tie("value"),
        { maxKeys: 5 },
      ),
    ),
  }))
  .value.map((value) => Buffer.from(JSON.stringify(value)));

describe("readers, whatever the bytes are", () => {
  const onlyInputErrors = (format: Format, bytes: Uint8Array) => {
    try {
      const { metrics, result } = FORMATS[format](bytes, "report");
      return (result === "pass" || result === "fail") && Object.values(metrics).every(Number.isFinite);
    } catch (error) {
      return error instanceof InputError && error.problems.every(({ file }) => file === "report");
    }
  };

  it.each(Object.keys(FORMATS) as Format[])("%s reads or refuses any bytes", (format) => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => onlyInputErrors(format, bytes)));
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => onlyInputErrors(format, Buffer.from(text))));
    fc.assert(fc.property(lookalike, (bytes) => onlyInputErrors(format, bytes)));
  });

  it("reads or refuses a damaged file", () => {
    fc.assert(
      fc.property(damaged, ({ format, bytes }) => onlyInputErrors(format, bytes)),
      { numRuns: 2_000 },
    );
  });
});
