import { beforeAll, describe, expect, test } from "vitest";
import type { Pack } from "../../engine/pack.ts";
import { type JsonObject, sha256 } from "../../release/json.ts";
import { day } from "../release/world.ts";
import { digestOf, type Made, SignedPlatform } from "./signedPlatform.ts";
import { judge, refusals, resourceOf, startPolicy, UNKNOWN } from "./support.ts";

const REPOSITORY = "registry.test/lab/lab";
const images = { lab: REPOSITORY };
const freeze = { mission: "roman-1.0.0", common: "1.0.0", cal: "1.0.0" };
const RECORD = sha256("what was frozen");
const recorded = { ...freeze, record: `sha256:${RECORD}` };
const source = (text: string) => ({ source: { format: "document", sha256: sha256(text) } });

/** Each version lacks something that its number stands for; 1.x lacks nothing. */
const RELEASES: Readonly<Record<string, Made>> = {
  "lab 1.0.0": { images, freeze: recorded },
  "lab 1.1.0": { images, freeze },
  "lab 2.0.0": { images },
  "lab 3.0.0": { images, freeze },
  "lab 4.0.0": { images, freeze: recorded },
  "lab 5.0.0": { images, freeze },
  "lab 6.0.0": { images, freeze },
  "lab 7.0.0": { images, freeze },
  "lab 8.0.0": { images, freeze },
  "lab 9.0.0": { images, freeze: recorded },
  "web 1.0.0": { images: { web: "registry.test/web/web" } },
};
const platform = new SignedPlatform(
  {
    lab: { frozen: true, images: { lab: { repository: REPOSITORY } } },
    web: { images: { web: { repository: "registry.test/web/web" } } },
  },
  RELEASES,
);

let pack: Pack;
beforeAll(async () => {
  const record = (version: string, text = "what was frozen", who?: "stranger") =>
    platform.evidenceOf(`lab ${version}`, "freeze-record", source(text), who);
  const tested = (version: string, more = {}) =>
    platform.evidenceOf(`lab ${version}`, "platform-test", { in: "staging", ...more });
  for (const version of ["1.0.0", "1.1.0", "2.0.0", "5.0.0", "6.0.0", "7.0.0", "8.0.0"]) await record(version);
  await record("3.0.0", "what was frozen", "stranger");
  await record("4.0.0", "something else");
  await record("5.0.0", "something else");
  await record("9.0.0");
  await record("9.0.0", "something else");
  for (const version of ["1.0.0", "1.1.0", "2.0.0", "3.0.0", "4.0.0", "5.0.0", "8.0.0", "9.0.0"]) await tested(version);
  await tested("6.0.0", { in: "prod" });
  await tested("7.0.0");
  await tested("7.0.0", { result: "fail", at: day(6).toISOString() });
  const ran = Object.keys(RELEASES).filter((words) => words !== "lab 8.0.0" && words !== "web 1.0.0");
  for (const [index, words] of ran.entries())
    await platform.settled("staging", day(11 + index), { [words]: undefined });
  pack = await startPolicy("frozen-build", platform.save());
});

const published = (words: string, more: object = {}, stack = "prod") =>
  resourceOf("imprimatur:release:PublishedRelease", "it", { ...platform.claim(words), ...more } as JsonObject, {
    stack,
    custom: false,
  });

test.each(["1.0.0", "1.1.0"])("what was frozen, tested and run in staging passes: %s", async (version) => {
  expect(await refusals(pack, published(`lab ${version}`))).toEqual([]);
});

describe("in prod", () => {
  test.each([
    ["2.0.0", "lab 2.0.0 is of a frozen module, and its manifest does not say what was frozen"],
    ["3.0.0", "no freeze record of lab 3.0.0 is signed"],
    [
      "4.0.0",
      `the freeze record that the manifest of lab 4.0.0 names, sha256:${RECORD}, is not the one that is signed`,
    ],
    ["5.0.0", "several freeze records are signed for lab 5.0.0, so what was tested may not be what was frozen"],
    ["6.0.0", "lab 6.0.0 was not tested on the platform in staging (staging)"],
    ["7.0.0", "lab 7.0.0 has failed its test on the platform in staging (staging)"],
    ["8.0.0", "no ledger of staging (staging) shows that lab 8.0.0 ran there, with this manifest digest"],
    ["9.0.0", "several freeze records are signed for lab 9.0.0, so what was tested may not be what was frozen"],
  ])("lab %s is refused: %s", async (version, message) => {
    expect(await refusals(pack, published(`lab ${version}`))).toEqual([message]);
  });

  test("the command that mends it is named", async () => {
    const { refused } = await judge(pack, published("lab 6.0.0"));
    expect(refused[0]?.remedy).toBe("npx imprimatur attest lab 6.0.0 --type platform-test --in staging");
  });

  test.each([
    ["an unknown version", { version: UNKNOWN }, /cannot all be known before an update$/],
    ["a version of a wrong type", { version: 5 }, /cannot all be known before an update$/],
    ["other bytes", { manifestDigest: digestOf("x") }, /in the catalogue, not sha256:/],
  ])("%s is refused", async (_, more, message) => {
    const found = await refusals(pack, published("lab 1.0.0", more));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
  });

  test("an image of a frozen module is judged wherever it stands", async () => {
    const pod = (version: string) => ({
      spec: { initContainers: [{ image: `${REPOSITORY}@${digestOf(`lab ${version} lab`)}` }] },
    });
    const judged = (version: string) => refusals(pack, resourceOf("kubernetes:core/v1:Pod", "it", pod(version)));
    expect(await judged("1.0.0")).toEqual([]);
    expect(await judged("8.0.0")).toHaveLength(1);
    const values = { image: `${REPOSITORY}@${digestOf("lab 8.0.0 lab")}` };
    expect(await refusals(pack, resourceOf("kubernetes:helm.sh/v3:Release", "it", { values }))).toHaveLength(1);
  });
});

test("what is not frozen, and other classes, are none of its business", async () => {
  expect(await refusals(pack, published("web 1.0.0"))).toEqual([]);
  for (const stack of ["dev", "staging"]) expect(await refusals(pack, published("lab 8.0.0", {}, stack))).toEqual([]);
});

test("it takes no settings", async () => {
  const strict = await startPolicy("frozen-build", platform.save(), { record: "x" });
  expect(await refusals(strict, published("lab 1.0.0"))).toEqual([
    'cannot be judged: the configuration of the policy pack frozen-build: Unrecognized key: "record"',
  ]);
});
