import { describe, expect, it } from "vitest";
import { InputError } from "../../../release/errors.ts";
import { composeEvidence, evidenceType, type Given } from "../../../release/evidence/compose.ts";
import { FORMATS } from "../../../release/evidence/formats.ts";
import { gateManagers } from "../../../release/evidence/managers.ts";
import { readSource } from "../../../release/evidence/read.ts";
import { EVIDENCE_TYPES } from "../../../release/evidence/types.ts";
import { FormalityFile } from "../../../release/schema/formality.ts";
import { Evidence } from "../../../release/schema/predicates.ts";

const NOTHING: Given = { metrics: {}, together: [] };
const DIGEST = `sha256:${"a".repeat(64)}`;

function problems(act: () => unknown): string[] {
  try {
    act();
  } catch (error) {
    if (error instanceof InputError) return error.message.split("\n");
    throw error;
  }
  throw new Error("was accepted");
}

describe("composeEvidence", () => {
  it("takes what the file says", () => {
    const findings = { result: "fail", metrics: { tests: 2, failed: 1 }, summary: "2 tests, 1 failed" } as const;
    expect(composeEvidence("test-result", NOTHING, findings)).toEqual({
      type: "test-result",
      in: "ci",
      result: "fail",
      metrics: { tests: 2, failed: 1 },
      summary: "2 tests, 1 failed",
      together: [],
    });
  });

  it("puts what was said by hand before what the file says", () => {
    const findings = { result: "pass", metrics: { lines: 81 }, summary: "covered: 81 % of lines" } as const;
    const given: Given = { ...NOTHING, result: "fail", metrics: { p99: 180 }, summary: "flaky", in: "prod" };
    expect(composeEvidence("coverage", given, findings)).toMatchObject({
      in: "prod",
      result: "fail",
      metrics: { lines: 81, p99: 180 },
      summary: "flaky; covered: 81 % of lines",
    });
  });

  it("asks for everything that is missing at once", () => {
    expect(problems(() => composeEvidence("integration-test", NOTHING))).toEqual([
      "--result: say whether it is pass or fail, or give the tool's file (junit) with --file",
      "--metric: integration-test reports failed: say failed=<number>, or give the tool's file (junit) with --file",
      "--with: integration-test is about a set of releases: name the others, each as <module>@<version>",
    ]);
    expect(problems(() => composeEvidence("verdict", { ...NOTHING, summary: " " }))).toEqual([
      "--result: say whether it is pass or fail",
      "--in: say in which stack the verdict was made",
      "--summary: say in a sentence what it is that the verdict says",
    ]);
  });

  it("lets nobody make a failed file pass, or change its numbers", () => {
    const findings = { result: "fail", metrics: { failed: 1 }, summary: "1 test, 1 failed" } as const;
    const given: Given = { ...NOTHING, result: "pass", metrics: { failed: 0 } };
    expect(problems(() => composeEvidence("test-result", given, findings))).toEqual([
      '--result: the file says fail: 1 test, 1 failed (got "pass")',
      '--metric failed: the file says 1 (got "0")',
    ]);
  });

  it("passes what is said by saying it", () => {
    const given: Given = { ...NOTHING, in: "prod", summary: "#ops: web goes to prod" };
    expect(composeEvidence("notice", given).result).toBe("pass");
  });

  it("sorts the releases of a set, each once", () => {
    const other = `sha256:${"0".repeat(64)}`;
    const given: Given = { result: "pass", metrics: { failed: 0 }, together: [DIGEST, other, DIGEST] };
    expect(composeEvidence("integration-test", given).together).toEqual([other, DIGEST]);
  });

  it("names the nearest type", () => {
    expect(problems(() => evidenceType("test-results"))[0]).toContain('did you mean "test-result"?');
    expect(problems(() => evidenceType("toString"))[0]).toContain("is no type of evidence");
  });
});

describe("types of evidence", () => {
  it.each(Object.entries(EVIDENCE_TYPES))("%s can be written, and reads formats that there are", (name, type) => {
    const given: Given = {
      result: "pass",
      metrics: Object.fromEntries(type.metrics.map((metric) => [metric, 0])),
      summary: "as agreed",
      in: "prod",
      together: [DIGEST],
    };
    const predicate = { ...composeEvidence(name, given), at: "2026-07-24T12:00:00Z" };
    expect(Evidence.parse(predicate)).toEqual(predicate);
    expect(type.formats.filter((format) => !(format in FORMATS))).toEqual([]);
  });
});

describe("readSource", () => {
  const scan = EVIDENCE_TYPES["vulnerability-scan"] ?? evidenceType("");
  const grype = Buffer.from('{"matches":[],"descriptor":{"name":"grype"}}');

  it("takes the format that fits", () => {
    expect(readSource(scan, grype, "scan.json").format).toBe("grype");
    expect(readSource(evidenceType("dr-plan"), Buffer.from([0xff]), "plan.md")).toEqual({ format: "document" });
  });

  it("says for each format why the file is not of it", () => {
    expect(problems(() => readSource(scan, Buffer.from("{}"), "scan.json"))).toEqual([
      expect.stringContaining("scan.json: is not a Trivy JSON report"),
      expect.stringContaining("scan.json: is not a Grype JSON report"),
    ]);
    expect(problems(() => readSource(scan, grype, "scan.json", "trivy"))).toEqual([
      expect.stringContaining("scan.json: is not a Trivy JSON report"),
    ]);
  });

  it("refuses a format that the type does not read", () => {
    expect(problems(() => readSource(scan, grype, "scan.json", "grpe"))).toEqual([
      '--format: is not read for this type of evidence, which takes trivy, grype (got "grpe"; did you mean "grype"?)',
    ]);
  });
});

describe("gateManagers", () => {
  const formality = FormalityFile.parse({
    blessed: [],
    rules: [
      { name: "a", require: { evidence: [{ type: "load-test", by: "qa", in: "staging" }] } },
      { name: "b", when: { modules: ["web"] }, require: { evidence: [{ type: "load-test", by: "lead" }] } },
      { name: "c", require: { notice: { channel: "#ops", hours: 1, by: "sre" } } },
    ],
    practice: [
      { name: "d", modules: ["store"], stacks: ["prod"], require: { evidence: [{ type: "sbom", by: "ci" }] } },
    ],
    channels: [{ channel: "beta", evidence: [{ type: "coverage", by: "ci" }] }],
  });

  it.each([
    ["load-test", "web", "staging", ["lead", "qa"]],
    ["load-test", "web", "prod", ["lead"]],
    ["load-test", "store", "ci", []],
    ["notice", "store", "prod", ["sre"]],
    ["sbom", "store", "ci", ["ci"]],
    ["sbom", "web", "ci", []],
    ["coverage", "web", "ci", ["ci"]],
  ])("%s of %s in %s: %j", (type, module, place, roles) => {
    expect(gateManagers(formality, type, module, place)).toEqual(roles);
  });
});
