import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sha256 } from "../../release/json.ts";
import { SigningCheckout } from "./cutCheckout.ts";

const COMMIT = "3f9c2d145969a9e231037c812332ae3839077c4d";
const DIGEST = `sha256:${"1".repeat(64)}`;
const CHART = `registry.test/charts/web@sha256:${"2".repeat(64)}`;
const IMAGE = "web=registry.test/app/web";
const PARTS = ["--commit", COMMIT, "--chart", CHART, "--image", `${IMAGE}@${DIGEST}`];
const BETA = [...PARTS, "--channel", "beta"];

let checkout: SigningCheckout;
beforeAll(() => {
  checkout = new SigningCheckout();
});
afterAll(() => checkout.remove());

describe("cut", () => {
  it("writes the manifest and signs for it; the same again does nothing; another author adds their word", async () => {
    const first = await checkout.runAs("pipeline", ["cut", "web", "2.0.0", ...BETA, "--acceptance", "p99 < 200 ms"]);
    expect(first.stderr).toBe("");
    const text = `{
  "$schema": "../../../schemas/release.json",
  "acceptance": [
    "p99 < 200 ms"
  ],
  "appVersion": "2.0.0",
  "channel": "beta",
  "chart": {
    "digest": "sha256:${"2".repeat(64)}",
    "repository": "registry.test/charts/web",
    "version": "2.0.0"
  },
  "commit": "${COMMIT}",
  "images": {
    "web": {
      "digest": "${DIGEST}",
      "repository": "registry.test/app/web"
    }
  },
  "module": "web",
  "version": "2.0.0"
}
`;
    expect(checkout.read("catalog/releases/web/2.0.0.json")).toBe(text);
    expect(first.stdout).toContain(`web 2.0.0@sha256:${sha256(text)} is cut, channel beta`);
    expect(first.code).toBe(0);
    const authors = () => checkout.records("web", "2.0.0").map(({ kind, person }) => `${kind} ${person}`);
    expect(authors()).toEqual(["cut pipeline"]);
    expect(checkout.records("web", "2.0.0")[0]?.subjects).toEqual([`sha256:${sha256(text)}`]);

    const before = checkout.snapshot();
    const again = await checkout.runAs("pipeline", ["cut", "web", "2.0.0", ...BETA, "--acceptance", "p99 < 200 ms"]);
    expect(again).toMatchObject({
      code: 0,
      stdout: "web 2.0.0 is cut already, with the same content: nothing to do\n",
    });
    expect(checkout.snapshot()).toEqual(before);

    const other = await checkout.runAs("ada", ["cut", "web", "2.0.0", ...BETA, "--acceptance", "p99 < 200 ms"]);
    expect(other.stdout).toContain("ada signed for it too");
    expect(authors().sort()).toEqual(["cut ada", "cut pipeline"]);
    expect(checkout.read("catalog/releases/web/2.0.0.json")).toBe(text);
  });

  it("never changes a release", async () => {
    await checkout.runAs("pipeline", ["cut", "web", "2.0.1", ...BETA]);
    const before = checkout.snapshot();
    const changed = await checkout.runAs("pipeline", [
      "cut",
      "web",
      "2.0.1",
      ...PARTS,
      "--channel",
      "stable",
      "--json",
    ]);
    expect(changed.code).toBe(1);
    expect(JSON.parse(changed.stdout)).toMatchObject({
      verb: "cut",
      written: [],
      refused: {
        reason: "catalog/releases/web/2.0.1.json has other content (channel), and a release never changes",
        next: ["cut it under a new version"],
      },
    });
    expect(checkout.snapshot()).toEqual(before);
  });

  it("is for those who may, and says who may", async () => {
    const before = checkout.snapshot();
    const refused = await checkout.runAs("quinn", ["cut", "web", "2.0.2", ...BETA]);
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain("quinn holds no role that may cut for web");
    expect(refused.stdout).toContain("ask ada or pipeline");
    const other = await checkout.runAs("ada", [
      "cut",
      "store",
      "2.0.2",
      "--commit",
      COMMIT,
      "--channel",
      "beta",
      "--chart",
      CHART.replace("web", "store"),
      "--image",
      `store=registry.test/app/store@${DIGEST}`,
    ]);
    expect(other.code).toBe(1);
    expect(other.stdout).toContain("ada holds no role that may cut for store");
    expect(checkout.snapshot()).toEqual(before);
  });

  it("finds the version of an edge build, and the same build's when it is run again", async () => {
    const edge = (image: string) =>
      checkout.runAs("pipeline", [
        "cut",
        "store",
        "--edge",
        "--commit",
        COMMIT,
        "--chart",
        CHART.replace("web", "store"),
        "--image",
        `registry.test/app/store@sha256:${image.repeat(64)}`,
      ]);
    expect((await edge("3")).stdout).toContain("store 1.1.1-edge.1@sha256:");
    expect((await edge("4")).stdout).toContain("store 1.1.1-edge.2@sha256:");
    expect((await edge("3")).stdout).toBe("store 1.1.1-edge.1 is cut already, with the same content: nothing to do\n");
    expect(checkout.versions("store")).toEqual(["1.0.0.json", "1.1.0.json", "1.1.1-edge.1.json", "1.1.1-edge.2.json"]);
    expect(JSON.parse(checkout.read("catalog/releases/store/1.1.1-edge.2.json")).channel).toBe("edge");
  });

  it("cuts content alone, and a version as its build names it", async () => {
    const common = "description: x\npurpose: service\nowners: [team]\nmaturity: mature\n";
    checkout.write("catalog/modules/rules.yaml", `${common}source: https://git.test/rules\n`);
    const content = `https://git.test/rules@${COMMIT}:${"5".repeat(64)}`;
    const base = ["--commit", COMMIT, "--channel", "stable"];
    const rules = await checkout.runAs("pipeline", ["cut", "rules", "1.0.0", ...base, "--content", content]);
    expect(rules.code).toBe(0);
    expect(JSON.parse(checkout.read("catalog/releases/rules/1.0.0.json")).content).toEqual({
      rules: { repository: "https://git.test/rules", commit: COMMIT, digest: `sha256:${"5".repeat(64)}` },
    });

    checkout.write(
      "catalog/modules/maya-io.yaml",
      `${common}versions: release-commit\nimages:\n  maya-io: { repository: registry.test/maya-io }\n`,
    );
    const maya = (version: string, ...more: string[]) =>
      checkout.runAs("pipeline", [
        "cut",
        "maya-io",
        version,
        ...base,
        "--image",
        `registry.test/maya-io@${DIGEST}`,
        ...more,
      ]);
    expect((await maya("maya-io-2-3-1-3f9c2d1")).stdout).toContain("maya-io 2.3.1+3f9c2d1@sha256:");
    expect(checkout.versions("maya-io")).toEqual(["2.3.1+3f9c2d1.json"]);
    expect(JSON.parse(checkout.read("catalog/releases/maya-io/2.3.1+3f9c2d1.json"))).toMatchObject({
      version: "2.3.1+3f9c2d1",
      appVersion: "2.3.1",
      commit: COMMIT,
    });
    const other = await maya("maya-io-2-3-2-0000000");
    expect(other).toMatchObject({ code: 2 });
    expect(other.stderr).toContain(`names commit 0000000, and --commit is ${COMMIT}`);
  });

  it("refuses a release that the chart's files do not agree with", async () => {
    checkout.write("chart/Chart.yaml", "name: web\nversion: 3.0.0\nappVersion: '2.9.0'\n");
    checkout.write("chart/values.yaml", "pod: { image: 'registry.test/app/web:2.9.0' }\n");
    checkout.write(
      "deploy/Chart.yaml",
      "name: web-app\nversion: 1.0.0\ndependencies: [{ name: web, version: 2.9.0 }]\n",
    );
    const args = ["cut", "web", "3.0.0", ...BETA, "--chart-dir", "chart", "--depends-on-file", "deploy/Chart.yaml"];
    const before = checkout.snapshot();
    const refused = await checkout.runAs("pipeline", args);
    expect(refused.code).toBe(1);
    expect(refused.stdout.split("\n")).toEqual([
      "✘ refused: files and release do not agree",
      "  next  chart/Chart.yaml appVersion says 2.9.0: make it 3.0.0, or cut what it says",
      "  next  chart/values.yaml pod.image says registry.test/app/web:2.9.0: make it registry.test/app/web:3.0.0, or cut what it says",
      "  next  deploy/Chart.yaml dependencies[0].version says 2.9.0: make it 3.0.0, or cut what it says",
      "",
    ]);
    expect(checkout.snapshot()).toEqual(before);
    checkout.edit("chart/Chart.yaml", "2.9.0", "3.0.0");
    checkout.edit("chart/values.yaml", "2.9.0", "3.0.0");
    checkout.edit("deploy/Chart.yaml", "2.9.0", "3.0.0");
    expect((await checkout.runAs("pipeline", args)).code).toBe(0);
  });
});

describe("cut, given bad input, writes nothing", () => {
  it.each<[string, string[], string[]]>([
    [
      "missing flags",
      ["web", "4.0.0"],
      [
        "--chart: give registry.test/charts/web@sha256:<digest>",
        "--image: give web=registry.test/app/web@sha256:<digest>",
        "--commit: give the full id of the commit that it was built from",
        "--channel: give one of experimental, edge, alpha, beta, stable",
      ],
    ],
    ["an unknown module", ["wev", "4.0.0", ...BETA], ['did you mean "web"?']],
    [
      "a repository that the module does not declare",
      ["web", "4.0.0", ...BETA.map((text) => text.replace("app/web@", "app/wep@"))],
      [
        '--image web: is not the repository that web declares for it (got "registry.test/app/wep"; did you mean "registry.test/app/web"?)',
      ],
    ],
    [
      "another chart",
      ["web", "4.0.0", ...BETA.map((text) => text.replace("charts/web", "charts/store"))],
      ["--chart: is not the chart that web declares"],
    ],
    [
      "an unknown image",
      ["web", "4.0.0", ...BETA.map((text) => text.replace("web=", "wed="))],
      ['--image wed: is no image of web, which declares web (got "wed"; did you mean "web"?)'],
    ],
    [
      "a tag without --resolve",
      ["web", "4.0.0", ...BETA.map((text) => text.replace(`@${DIGEST}`, ":1.2"))],
      ["--image: has no digest: write it, or let --resolve look it up"],
    ],
    [
      "a short commit",
      ["web", "4.0.0", ...BETA.map((text) => text.slice(0, text === COMMIT ? 7 : undefined))],
      ["--commit: must be a full commit id"],
    ],
    ["no such channel", ["web", "4.0.0", ...PARTS, "--channel", "bета"], ["--channel: must be one of"]],
    ["a channel beside --edge", ["web", "--edge", ...BETA], ["--channel: contradicts --edge"]],
    ["a version that is none", ["web", "four", ...BETA], ["<version>: is no semver version"]],
    ["no version", ["web", ...BETA], ["<version>: name the version"]],
    ["a freeze of what is not frozen", ["web", "4.0.0", ...BETA, "--freeze", "cal=1"], ["--freeze: web is not frozen"]],
    [
      "no chart directory",
      ["web", "4.0.0", ...BETA, "--chart-dir", "none"],
      ["none/Chart.yaml: there is no such file"],
    ],
    ["no key", ["web", "4.0.0", ...BETA, "--key", "/nowhere/key.pem"], ["/nowhere/key.pem"]],
  ])("%s", async (_, args, messages) => {
    const before = checkout.snapshot();
    const { code, stderr } = await checkout.runAs("pipeline", ["cut", ...args]);
    for (const message of messages) expect(stderr).toContain(message);
    expect(code).toBe(2);
    expect(checkout.snapshot()).toEqual(before);
  });
});
