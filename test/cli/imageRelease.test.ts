import { beforeEach, describe, expect, it } from "vitest";
import { recordDigest, recordText } from "../../release/frozen/record.ts";
import { prettyJson } from "../../release/json.ts";
import { Approval } from "./approval.ts";

const FOLDER = "deployments/web";
const RESULTS = ".imprimatur/image-web";
const BASE = `sha256:${"1".repeat(64)}`;
const PIP = [{ name: "roman-cal", version: "0.13.0", hashes: [`sha256:${"a".repeat(64)}`] }];
const RECORD = {
  mission: "2.0.0",
  common: "1.3.0",
  base: BASE,
  platform: "linux/amd64",
  environments: { cal: { cal: "0.13.0", interpreter: "Python 3.12.5", pip: PIP, conda: [], npm: [] } },
  deb: [],
};
const DIGEST = recordDigest(RECORD);
const PASSED = '<testsuites><testsuite name="cal" tests="1"><testcase name="import a"/></testsuite></testsuites>';

let checkout: Approval;
beforeEach(async () => {
  checkout = new Approval({
    [`${FOLDER}/image.yaml`]: `module: web\nimage: web\nbase: registry.test/base@${BASE}\nplatform: linux/amd64\nenvironments: { cal: { kind: pip } }\n`,
    [`${FOLDER}/MISSION_VERSION`]: "2.0.0\n",
    "deployments/common/VERSION": "1.3.0\n",
    [`${FOLDER}/environments/cal/CAL_VERSION`]: "0.13.0\n",
    [`${FOLDER}/env-frozen/record.json`]: recordText(RECORD),
  }).withKeys("pipeline");
  const module = checkout
    .read("catalog/modules/web.yaml")
    .replace("purpose: service", "purpose: service\nfrozen: true");
  checkout.write("catalog/modules/web.yaml", module);
  await checkout.git("init", "--quiet", "--initial-branch", "main");
  await checkout.git("add", "--all");
  await checkout.git("commit", "--quiet", "-m", "all");
});

/** What a frozen build, its tests and its comparison leave on this host. */
function built(record = DIGEST, drift: readonly object[] = []): void {
  const settings = { mission: "web", useFrozen: "frozen", freezeChill: true, calVersion: "none" };
  checkout.write(".imprimatur/image.json", prettyJson(settings));
  const build = { tightness: "frozen", image: `sha256:${"2".repeat(64)}`, builder: "buildah", record };
  checkout.write(`${RESULTS}/build.json`, prettyJson(build));
  checkout.write(`${RESULTS}/import-test.xml`, PASSED);
  const counts = { added: 0, removed: 0, changed: drift.length, rebuilt: 0 };
  checkout.write(`${RESULTS}/drift.json`, prettyJson({ counts, drift }));
  checkout.write(`${RESULTS}/sbom.cdx.json`, '{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{}]}');
}

/** The release that was cut from a freeze record. */
function cut(record: string): void {
  const before = JSON.parse(checkout.read("catalog/releases/web/1.1.0.json"));
  const freeze = { mission: "2.0.0", common: "1.3.0", cal: "0.13.0", record };
  checkout.write("catalog/releases/web/2.0.0.json", prettyJson({ ...before, version: "2.0.0", freeze }));
}

const release = (...more: string[]) => checkout.process(["image", "release", "web", "--json", ...more]);
const attest = () => checkout.process(["image", "attest", "web", "2.0.0"], "pipeline");

describe("image release", () => {
  it("goes on where it was left, and stops where people decide, with their command", async () => {
    built();
    const { code, stdout } = await release();
    expect(JSON.parse(stdout).notes).toEqual([
      `next: npx imprimatur cut web 2.0.0 --image web=<repository>@sha256:… --commit $(git rev-parse HEAD) --channel stable --freeze mission=2.0.0,common=1.3.0,cal=0.13.0,record=${DIGEST}`,
    ]);
    expect(code).toBe(0);
    cut(DIGEST);
    expect(JSON.parse((await release()).stdout).notes).toEqual(["next: npx imprimatur tag web 2.0.0 --repo ."]);
    for (const tag of ["2.0.0", "1.3.0"]) await checkout.git("tag", tag);
    expect(JSON.parse((await release()).stdout).notes).toEqual([
      "next: npx imprimatur image attest web 2.0.0 --key <key>",
      "next: npx imprimatur deliver web 2.0.0 --for <stack> --to <registry> --formal-tag",
    ]);
  });

  it("waits for a commit of what was frozen", async () => {
    built();
    checkout.write(`${FOLDER}/env-frozen/cal/requirements.txt`, "roman-cal==0.13.0\n");
    expect(JSON.parse((await release()).stdout).notes).toEqual([
      'next: git add deployments && git commit -m "Freeze 2.0.0"',
    ]);
  });

  it("does not build a version anew that is released from another record", async () => {
    cut(`sha256:${"9".repeat(64)}`);
    const { stdout } = await release();
    expect(JSON.parse(stdout).notes).toEqual([`next: edit ${FOLDER}/MISSION_VERSION and deployments/common/VERSION`]);
  });

  it("asks for the CAL version of a release that nothing is frozen for", async () => {
    checkout.write(`${FOLDER}/MISSION_VERSION`, "2.1.0\n");
    const { code, stderr } = await release();
    expect(stderr).toContain("--cal-version: say for which version of the calibration software, or none");
    expect(code).toBe(2);
  });
});

describe("image attest", () => {
  it("signs record, test, drift and SBOM of a build from the record that the manifest names", async () => {
    built();
    cut(DIGEST);
    const { code, stdout } = await attest();
    expect(stdout.split("\n").slice(0, 5)).toEqual([
      "✔ the frozen build of web 2.0.0 is signed for",
      `freeze-record: pass, for web 2.0.0 (${DIGEST})`,
      "import-test: pass, for web 2.0.0 (1 test, 0 failed, 0 skipped)",
      "drift: pass, for web 2.0.0",
      "sbom: pass, for web 2.0.0 (CycloneDX 1.6, 1 component)",
    ]);
    expect(code).toBe(0);
  });

  it("signs drift as a failure", async () => {
    built(DIGEST, [{ kind: "changed" }]);
    cut(DIGEST);
    expect((await attest()).stdout).toContain("drift: FAIL: signed as evidence against web 2.0.0");
  });

  it.each([
    ["of another record", () => built(`sha256:${"8".repeat(64)}`), /the last build here is of another freeze record/],
    ["that is not frozen", () => undefined, /the last build here is not a frozen one/],
  ])("refuses a build %s", async (_, prepare, message) => {
    cut(DIGEST);
    prepare();
    const { code, stdout } = await attest();
    expect(stdout).toMatch(message);
    expect(code).toBe(1);
  });

  it("refuses where the manifest names another record", async () => {
    built();
    cut(`sha256:${"9".repeat(64)}`);
    const { code, stdout } = await attest();
    expect(stdout).toContain(`names sha256:${"9".repeat(64)}, and the build is of ${DIGEST}`);
    expect(code).toBe(1);
  });
});
