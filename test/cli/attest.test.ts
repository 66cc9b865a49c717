import { execFile, execFileSync } from "node:child_process";
import { truncateSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sha256 } from "../../release/json.ts";
import { ofKind } from "../../release/records.ts";
import { RECORDS } from "../../release/schema/predicates.ts";
import { buildStatement, type Statement } from "../../release/signing/statement.ts";
import { loadPemSigner } from "../../signing/pem.ts";
import { signStatement } from "../../signing/sign.ts";
import { SigningCheckout } from "./cutCheckout.ts";

const PASSED = '<testsuite><testcase name="a"/></testsuite>';
const FAILED = '<testsuite><testcase name="a"><failure/></testcase></testsuite>';
const WEB = ["web", "1.1.0"];

let checkout: SigningCheckout;
let manifestDigest: string;
let imageDigest: string;
let commit: string;
beforeAll(() => {
  checkout = new SigningCheckout();
  const text = checkout.read("catalog/releases/web/1.1.0.json");
  manifestDigest = `sha256:${sha256(text)}`;
  ({ commit } = JSON.parse(text));
  imageDigest = JSON.parse(text).images.web.digest;
  checkout.write("passed.xml", PASSED);
  checkout.write("failed.xml", FAILED);
});
afterAll(() => checkout.remove());

const attest = (person: string, ...args: string[]) => checkout.runAs(person, ["attest", ...args]);

/** The newest evidence of a type on web 1.1.0. */
function evidence(type: string) {
  const found = ofKind(checkout.records("web", "1.1.0"), "evidence").filter(({ predicate }) => predicate.type === type);
  return found.sort((a, b) => Date.parse(b.predicate.at) - Date.parse(a.predicate.at))[0];
}

describe("attest", () => {
  it("signs what a tool's file says, with its format and SHA-256", async () => {
    const { code, stdout } = await attest("pipeline", ...WEB, "--type", "test-result", "--file", "passed.xml");
    expect(stdout).toBe("test-result: pass, for web 1.1.0 (1 test, 0 failed, 0 skipped)\n");
    expect(code).toBe(0);
    const record = evidence("test-result");
    expect(record?.subjects).toEqual([manifestDigest]);
    expect(record?.person).toBe("pipeline");
    expect(record?.predicate).toEqual({
      type: "test-result",
      in: "ci",
      result: "pass",
      metrics: { tests: 1, failed: 0, skipped: 0 },
      summary: "1 test, 0 failed, 0 skipped",
      source: { format: "junit", sha256: sha256(PASSED) },
      together: [],
      at: record?.predicate.at,
    });
    expect(record?.path).toBe(`catalog/evidence/web/1.1.0/test-result-${record?.digest.slice(0, 12)}.sigstore.json`);
  });

  it("signs a failure as one, and says so", async () => {
    const { code, stdout } = await attest("pipeline", ...WEB, "--type", "test-result", "--file", "failed.xml");
    expect(stdout).toContain("test-result: FAIL: signed as evidence against web 1.1.0");
    expect(code).toBe(0);
    expect(evidence("test-result")?.predicate.result).toBe("fail");
  });

  it("is about the images where the type is", async () => {
    checkout.write("sbom.json", '{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{}]}');
    const { stdout } = await attest("pipeline", ...WEB, "--type", "sbom", "--file", "sbom.json", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ verb: "attest", person: "pipeline", notes: [] });
    expect(evidence("sbom")?.subjects).toEqual([imageDigest]);
    expect(evidence("sbom")?.predicate.metrics).toEqual({ components: 1 });
  });

  it("takes a person's word, where it was made and with which other releases", async () => {
    const word = ["--type", "integration-test", "--in", "prod", "--result", "pass", "--metric", "failed=0"];
    const { code } = await attest("quinn", ...WEB, ...word, "--with", "store@1.0.0");
    expect(code).toBe(0);
    const { predicate } = evidence("integration-test") ?? {};
    const store = `sha256:${sha256(checkout.read("catalog/releases/store/1.0.0.json"))}`;
    expect(predicate).toMatchObject({ in: "prod", metrics: { failed: 0 }, together: [store] });
  });

  it("counts only from those whose word counts, and says who they are", async () => {
    const before = checkout.snapshot();
    const notManager = await attest("quinn", ...WEB, "--type", "test-result", "--file", "passed.xml");
    expect(notManager).toMatchObject({ code: 1, stderr: "" });
    expect(notManager.stdout).toBe(
      "✘ refused: quinn's word on test-result of web would not count\n  next  ask ci (pipeline)\n",
    );
    const load = ["--type", "load-test", "--in", "prod", "--result", "pass"];
    expect((await attest("sam", ...WEB, ...load)).stdout).toContain("ask qa (quinn)");
    const noPower = await attest("ada", ...WEB, "--type", "dr-plan");
    expect(noPower.stdout).toContain("ada holds no role that may attest for web");
    expect(noPower.code).toBe(1);
    expect(checkout.snapshot()).toEqual(before);
    expect((await attest("quinn", ...WEB, ...load)).code).toBe(0);
  });

  it("takes provenance of this release's source only", async () => {
    const predicate = (id: string) => ({
      builder: { id: "https://ci.test/jenkins" },
      buildType: "https://ci.test/build",
      materials: [{ uri: "git+https://git.test/web@refs/heads/master", digest: { sha1: id } }],
    });
    const statement = (id: string, digest: string) =>
      JSON.stringify({
        subject: [{ digest: { sha256: digest.slice(7) } }],
        predicateType: "https://slsa.dev/provenance/v0.2",
        predicate: predicate(id),
      });
    checkout.write("right.json", statement(commit, imageDigest));
    checkout.write("wrong.json", JSON.stringify(predicate("0".repeat(40))));
    checkout.write("other.json", statement(commit, `sha256:${"0".repeat(64)}`));
    const provenance = (file: string) => attest("pipeline", ...WEB, "--type", "provenance", "--file", file);
    expect((await provenance("wrong.json")).stderr).toContain("is about another commit than web 1.1.0 was cut from");
    expect((await provenance("other.json")).stderr).toContain("is about artifacts that are not of web 1.1.0");
    expect((await provenance("right.json")).code).toBe(0);
    expect(evidence("provenance")?.predicate).toMatchObject({ result: "pass", metrics: { "branch:master": 1 } });
  });
});

describe("attest, given bad input, writes nothing", () => {
  it.each<[string, string[], string]>([
    ["no type", [], "--type: say of which type it is"],
    ["an unknown type", ["--type", "test-resolt"], 'did you mean "test-result"?'],
    ["no result", ["--type", "checklist"], "--result: say whether it is pass or fail"],
    ["a place that is none", ["--type", "dr-plan", "--in", "prd"], 'got "prd"; did you mean "prod"?'],
    ["a metric that is none", ["--type", "dr-plan", "--metric", "a=b"], "--metric: must be name=number"],
    ["an unknown image", ["--type", "sbom", "--metric", "components=1", "--image", "wen"], 'did you mean "web"?'],
    ["an image where none is meant", ["--type", "dr-plan", "--image", "web"], "leave --image out"],
    ["an unknown release", ["--type", "dr-plan", "--with", "store@1.0.1"], 'did you mean "1.0.0"?'],
    ["no such file", ["--type", "test-result", "--file", "none.xml"], "none.xml: there is no such file"],
    ["a directory", ["--type", "test-result", "--file", "catalog"], "catalog: is not a file"],
    ["another format", ["--type", "coverage", "--file", "passed.xml"], "passed.xml: is not an lcov tracefile"],
    [
      "a 100 MB file",
      ["--type", "coverage", "--file", "large"],
      "large: has 104857600 bytes; at most 67108864 are read",
    ],
    ["a format alone", ["--type", "coverage", "--format", "lcov"], "--format: goes with --file"],
    ["a 100 MB bundle", ["--bundle", "large"], "large: has 104857600 bytes; at most 8388608 are read"],
    ["a bundle that is none", ["--bundle", "passed.xml"], "passed.xml: is not JSON"],
    ["a bundle and a word", ["--bundle", "passed.xml", "--result", "pass"], "leave the other options out"],
  ])("%s", async (_, args, message) => {
    writeFileSync(join(checkout.root, "large"), "");
    truncateSync(join(checkout.root, "large"), 100 * 1024 * 1024);
    const { code, stderr } = await attest("pipeline", ...WEB, ...args);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
    expect(
      checkout.records("web", "1.1.0").some(({ predicate }) => "type" in predicate && predicate.type === "dr-plan"),
    ).toBe(false);
  });
});

describe("a bundle that is signed already", () => {
  const about = () => [{ name: "1.0.0.json", sha256: sha256(checkout.read("catalog/releases/web/1.0.0.json")) }];
  const says = (type: string) => ({ type, in: "ci", result: "pass", at: "2026-07-24T12:00:00Z" });

  async function bundle(person: string, statement: Statement): Promise<string> {
    const bytes = await signStatement(
      statement,
      await loadPemSigner(checkout.key(person), { passphrase: "correct horse battery" }),
    );
    const name = `bundle-${sha256(bytes).slice(0, 8)}.json`;
    writeFileSync(join(checkout.root, name), bytes);
    return name;
  }

  it("is filed with the very bytes that it has, once", async () => {
    const file = await bundle("quinn", buildStatement(about(), RECORDS.evidence.type, says("dr-plan")));
    const first = await attest("sam", "web", "1.0.0", "--bundle", file);
    expect(first).toMatchObject({ code: 0, stdout: "dr-plan of quinn: filed, for web 1.0.0\n" });
    const text = checkout.read(file);
    expect(checkout.read(`catalog/evidence/web/1.0.0/dr-plan-${sha256(text).slice(0, 12)}.sigstore.json`)).toBe(text);
    expect((await attest("sam", "web", "1.0.0", "--bundle", file)).code).toBe(0);
    expect(checkout.records("web", "1.0.0")).toHaveLength(1);
  });

  it.each<[string, () => Promise<string>, number, string]>([
    [
      "about another release",
      () =>
        bundle(
          "quinn",
          buildStatement([{ name: "x", sha256: "0".repeat(64) }], RECORDS.evidence.type, says("dr-plan")),
        ),
      2,
      "its subject is not the manifest of web 1.0.0",
    ],
    [
      "of an unknown predicate",
      () => bundle("quinn", buildStatement(about(), "https://elsewhere.test/v1", {})),
      2,
      "says nothing that is known here: https://elsewhere.test/v1",
    ],
    [
      "of an unknown type",
      () => bundle("quinn", buildStatement(about(), RECORDS.evidence.type, says("dr-plans"))),
      2,
      "predicate.type: is no type of evidence",
    ],
    [
      "that is no evidence",
      () =>
        bundle(
          "quinn",
          buildStatement(about(), RECORDS.revocation.type, { reason: "bad", at: "2026-07-24T12:00:00Z" }),
        ),
      2,
      "is a revocation, and attest files evidence only",
    ],
    [
      "by somebody whose word does not count",
      () => bundle("quinn", buildStatement(about(), RECORDS.evidence.type, says("test-result"))),
      1,
      "quinn's word on test-result of web would not count",
    ],
    [
      "that was changed",
      async () => {
        const file = await bundle("quinn", buildStatement(about(), RECORDS.evidence.type, says("dr-plan")));
        const json = JSON.parse(checkout.read(file));
        json.dsseEnvelope.payload = Buffer.from(
          Buffer.from(json.dsseEnvelope.payload, "base64").toString().replace("pass", "fail"),
        ).toString("base64");
        checkout.write(file, JSON.stringify(json));
        return file;
      },
      2,
      "its signature is not that of quinn's key",
    ],
  ])("is refused %s", async (_, make, code, message) => {
    const file = await make();
    const before = checkout.snapshot();
    const outcome = await attest("pipeline", "web", "1.0.0", "--bundle", file);
    expect(outcome.stdout + outcome.stderr).toContain(message);
    expect(outcome.code).toBe(code);
    expect(checkout.snapshot()).toEqual(before);
  });
});

const COSIGN = process.env.IMPRIMATUR_COSIGN ?? "cosign";
const hasCosign = (() => {
  try {
    execFileSync(COSIGN, ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!hasCosign)("cosign (needs cosign on PATH or in IMPRIMATUR_COSIGN)", () => {
  const MANIFEST = "catalog/releases/store/1.0.0.json";

  async function cosign(...args: string[]): Promise<string> {
    const env = { PATH: process.env.PATH, HOME: checkout.root, COSIGN_PASSWORD: "passphrase", COSIGN_YES: "true" };
    const { stdout, stderr } = await promisify(execFile)(COSIGN, args, { cwd: checkout.root, env });
    return stdout + stderr;
  }

  it("signs the manifest, and its bundle is accepted as it is", async () => {
    await cosign("generate-key-pair");
    const pem = (await readFile(join(checkout.root, "cosign.pub"), "utf8")).trim().replaceAll("\n", "\n          ");
    const robot = `  robot:\n    name: Robot\n    keys:\n      - from: 2026-01-01T00:00:00Z\n        pem: |\n          ${pem}\n`;
    checkout.edit("catalog/trust/people.yaml", "roles:\n", `${robot}roles:\n`);
    checkout.edit("catalog/trust/people.yaml", "{ person: pipeline }", "{ person: pipeline }, { person: robot }");
    const sign = (type: string, predicate: unknown) => {
      checkout.write("predicate.json", JSON.stringify(predicate));
      const to = ["--key", "cosign.key", "--bundle", "cosign.json", "--new-bundle-format", "--type", type];
      const offline = ["--tlog-upload=false", "--use-signing-config=false"];
      return cosign("attest-blob", ...to, ...offline, "--predicate", "predicate.json", MANIFEST);
    };
    const file = () => attest("pipeline", "store", "1.0.0", "--bundle", "cosign.json");

    const tested = {
      type: "test-result",
      in: "ci",
      result: "pass",
      metrics: { failed: 0 },
      at: "2026-07-24T12:00:00Z",
    };
    await sign(RECORDS.evidence.type, tested);
    expect(await file()).toMatchObject({ code: 0, stdout: "test-result of robot: filed, for store 1.0.0\n" });
    await sign("cyclonedx", { bomFormat: "CycloneDX", specVersion: "1.6" });
    expect(await file()).toMatchObject({ code: 0, stdout: "sbom of robot: filed, for store 1.0.0\n" });
    await sign("custom", {});
    expect(await file()).toMatchObject({ code: 2 });
    expect(checkout.records("store", "1.0.0").map(({ person }) => person)).toEqual(["robot", "robot"]);
  });

  it("verifies what attest signs", async () => {
    await attest("pipeline", "store", "1.0.0", "--type", "dr-plan");
    const record = ofKind(checkout.records("store", "1.0.0"), "evidence").find(
      ({ predicate }) => predicate.type === "dr-plan",
    );
    const { publicKeyPem } = await loadPemSigner(checkout.key("pipeline"), { passphrase: "correct horse battery" });
    checkout.write("pipeline.pub", publicKeyPem);
    const key = ["--key", "pipeline.pub", "--insecure-ignore-tlog", "--type", RECORDS.evidence.type];
    const verified = await cosign("verify-blob-attestation", ...key, "--bundle", record?.path ?? "", MANIFEST);
    expect(verified).toContain("Verified OK");
  });
});
