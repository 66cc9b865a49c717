import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import type { Pack } from "../../engine/pack.ts";
import { memoryFiles } from "../../release/files.ts";
import { acceptanceFolder, acceptanceStatement } from "../../release/flagMaturity.ts";
import { type JsonObject, sha256 } from "../../release/json.ts";
import { parseFile } from "../../release/parse.ts";
import { recordFileName } from "../../release/records.ts";
import { ModuleFile } from "../../release/schema/module.ts";
import { pemSigner } from "../../signing/pem.ts";
import { signStatement } from "../../signing/sign.ts";
import { checkoutOf, judge, refusals, resourceOf, startPolicy, UNKNOWN } from "./support.ts";

const MODULE = `description: app
purpose: service
owners: [team]
maturity: mature
flags:
  FEATURE_ALPHA: &flag { description: x, owner: team, maturity: alpha, expires: 2026-08-06, acceptance: [works], acceptor: lead }
  FEATURE_BETA: { <<: *flag, maturity: beta }
  FEATURE_OLD: { <<: *flag, maturity: stable, expires: 2026-08-05 }
`.replaceAll(/\{ <<: \*flag, (.*) \}/g, (_, own: string) => {
  const rest = { description: "x", owner: "team", expires: "2026-08-06", acceptance: ["works"], acceptor: "lead" };
  const said = Object.fromEntries(own.split(", ").map((pair) => pair.split(": ") as [string, string]));
  return JSON.stringify({ ...rest, ...said });
});
const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const people = {
  people: {
    lead: { name: "Lead", keys: [{ from: "2026-01-01T00:00:00Z", pem: pemOf(publicKey, "spki") }] },
    other: { name: "Other" },
  },
  roles: { team: { description: "x", members: [{ person: "other" }] } },
};

function pemOf(key: KeyObject, type: "spki" | "pkcs8"): string {
  return key.export({ type: type as "spki", format: "pem" }).toString();
}

/** The module's file, and its acceptor's word that the feature is beta. */
async function accepted(
  module: string,
  metrics: Record<string, number> = {},
): Promise<Record<string, string | Uint8Array>> {
  const files = { "catalog/modules/app.yaml": module, "catalog/trust/people.yaml": JSON.stringify(people) };
  const flag = "FEATURE_BETA";
  const declaration = parseFile(memoryFiles(files), "catalog/modules/app.yaml", ModuleFile).flags[flag];
  if (declaration === undefined) throw new Error("no such flag");
  const said = { maturity: "beta" as const, metrics, reason: "it works", at: "2026-08-01T00:00:00Z" };
  const signer = pemSigner(pemOf(privateKey, "pkcs8"), { allowUnencrypted: true });
  const bytes = await signStatement(acceptanceStatement("app", flag, declaration, said), signer);
  return { ...files, [`${acceptanceFolder("app", flag)}/${recordFileName("acceptance", sha256(bytes))}`]: bytes };
}

const catalogue = checkoutOf(await accepted(MODULE));
const AT = { PULUMI_DRY_RUN: "true", IMPRIMATUR_AT: "2026-08-06T23:00:00Z" };

const CONFIG_MAP = "kubernetes:core/v1:ConfigMap";
const flags = (data: JsonObject, stack = "prod") =>
  resourceOf(CONFIG_MAP, "flags", { metadata: { name: "flags" }, data }, { stack });

let pack: Pack;
beforeAll(async () => {
  pack = await startPolicy("feature-flags", catalogue, {}, AT);
});

const floor = "in prod a feature is beta before it is on for everybody, and this one is alpha";

describe("feature-flags passes", () => {
  test.each([
    ["an alpha flag that is off", { FEATURE_ALPHA: "false" }],
    ["an alpha flag for a share of the users", { FEATURE_ALPHA: "percentage:99.5" }],
    ["an alpha flag for sites that opted in", { FEATURE_ALPHA: "sites:srcnet@2026-08-06" }],
    ["a beta flag for everybody", { FEATURE_BETA: "true" }],
    ["what is no flag", { FEATURES: "true", OTHER: UNKNOWN }],
  ])("%s", async (_, data) => {
    expect(await refusals(pack, flags(data))).toEqual([]);
  });

  test("an alpha flag for everybody in dev and staging", async () => {
    for (const stack of ["bleed", "dev", "staging"]) {
      expect(await refusals(pack, flags({ FEATURE_ALPHA: "true" }, stack))).toEqual([]);
    }
  });
});

describe("feature-flags refuses in prod", () => {
  test("an alpha flag for everybody, and says what mends it", async () => {
    const { refused } = await judge(pack, flags({ FEATURE_ALPHA: "true" }));
    expect(refused).toEqual([
      {
        urn: `urn:pulumi:prod::fixture::${CONFIG_MAP}::flags`,
        message: `the flag FEATURE_ALPHA at data.FEATURE_ALPHA is on for everybody; ${floor}`,
        remedy:
          "set imprimatur:flags.app.FEATURE_ALPHA to off, {percentage: …} or {sites: {…}} in Pulumi.prod.yaml; or lead accepts it: npx imprimatur flag accept app FEATURE_ALPHA --as beta",
      },
    ]);
  });

  test.each([
    ["a share of all", "percentage:100"],
    ["a number", 1],
    ["a boolean", true],
    ["capitals", "ON"],
  ])("an alpha flag for everybody, written as %s", async (_, value) => {
    expect(await refusals(pack, flags({ FEATURE_ALPHA: value }))).toEqual([
      `the flag FEATURE_ALPHA at data.FEATURE_ALPHA is on for everybody; ${floor}`,
    ]);
  });

  test.each([
    ["that is unknown", UNKNOWN],
    ["that is none", "maybe"],
    ["of a wrong type", { on: true }],
    ["that is missing", null],
  ])("an alpha flag with a value %s, which it does not show", async (_, value) => {
    expect(await refusals(pack, flags({ FEATURE_ALPHA: value }))).toEqual([
      `whom the flag FEATURE_ALPHA at data.FEATURE_ALPHA is on for cannot be told before an update; ${floor}`,
    ]);
  });

  test("flags that may stand in what is unknown, but says first what is known", async () => {
    const template = { spec: { containers: [{ name: "app", env: UNKNOWN }] } };
    const deployment = (stack: string) =>
      resourceOf(
        "kubernetes:apps/v1:Deployment",
        "app",
        { metadata: { annotations: { FEATURE_GONE: "x" } }, spec: { template } },
        { stack },
      );
    const undeclared =
      "the flag FEATURE_GONE at metadata.annotations.FEATURE_GONE is declared by no module; the nearest that is declared is FEATURE_OLD";
    expect(await refusals(pack, deployment("prod"))).toEqual([
      undeclared,
      "which flags spec.template.spec.containers[0].env sets cannot be known before an update, and prod does not admit every flag",
    ]);
    expect(await refusals(pack, deployment("dev"))).toEqual([undeclared]);
  });
});

test("a flag that has expired is refused in every class, also when it is off", async () => {
  for (const stack of ["dev", "prod"]) {
    const { refused } = await judge(pack, flags({ FEATURE_OLD: "false" }, stack));
    expect(refused.map(({ message, remedy }) => [message, remedy])).toEqual([
      [
        "the flag FEATURE_OLD at data.FEATURE_OLD has expired: its last day was 2026-08-05",
        "team takes it out of app, or renews flags.FEATURE_OLD.expires in catalog/modules/app.yaml",
      ],
    ]);
  }
});

describe("a feature is beta when its acceptor has said so, and not when its file says so", () => {
  const everybody = flags({ FEATURE_BETA: "true" });
  const refusal =
    "the flag FEATURE_BETA at data.FEATURE_BETA is on for everybody; in prod a feature is beta before it is on for everybody, and this one is alpha: nobody has accepted it as beta";
  const withCriteria = (criteria: string) =>
    MODULE.replace(/(FEATURE_BETA: .*)"acceptance":\["works"\]/, `$1${criteria}`);

  test.each([
    ["nobody has said anything", async () => ({ "catalog/modules/app.yaml": MODULE })],
    [
      "the criteria are others since",
      async () => ({
        ...(await accepted(MODULE)),
        "catalog/modules/app.yaml": withCriteria('"acceptance":["compiles"]'),
      }),
    ],
    [
      "a number is out of bounds",
      () => accepted(withCriteria('"acceptance":["works"],"earns":{"beta":{"errors":{"max":1}}}'), { errors: 2 }),
    ],
    ["somebody else is the acceptor", () => accepted(MODULE.replaceAll('"acceptor":"lead"', '"acceptor":"team"'))],
  ])("refused where %s", async (_, files) => {
    expect(await refusals(await startPolicy("feature-flags", checkoutOf(await files()), {}, AT), everybody)).toEqual([
      refusal,
    ]);
  });

  test("allowed where the numbers are within bounds", async () => {
    const files = await accepted(withCriteria('"acceptance":["works"],"earns":{"beta":{"errors":{"max":1}}}'), {
      errors: 1,
    });
    expect(await refusals(await startPolicy("feature-flags", checkoutOf(files), {}, AT), everybody)).toEqual([]);
  });
});

test("an opt-in that has ended is refused, with the command that takes it out", async () => {
  const { refused } = await judge(pack, flags({ FEATURE_ALPHA: "sites:canfar-b@2026-08-05,srcnet@2026-08-06" }));
  expect(refused.map(({ message, remedy }) => [message, remedy])).toEqual([
    [
      "the opt-in of canfar-b to FEATURE_ALPHA of app has ended: its last day was 2026-08-05",
      "npx imprimatur flag expire --stack prod",
    ],
  ]);
});

test("the last day of a flag counts until it has ended everywhere", async () => {
  const late = await startPolicy("feature-flags", catalogue, {}, { ...AT, IMPRIMATUR_AT: "2026-08-07T11:59:59Z" });
  expect(await refusals(late, flags({ FEATURE_BETA: "true" }))).toEqual([]);
  const over = await startPolicy("feature-flags", catalogue, {}, { ...AT, IMPRIMATUR_AT: "2026-08-07T12:00:00Z" });
  expect(await refusals(over, flags({ FEATURE_BETA: "true" }))).toEqual([
    "the flag FEATURE_BETA at data.FEATURE_BETA has expired: its last day was 2026-08-06",
  ]);
});

test("flags are found in containers, in chart values and in custom resources, whoever declares them", async () => {
  const env = [{ name: "FEATURE_NEW", value: "true" }];
  const found = async (type: string, inputs: JsonObject) => {
    const messages = await refusals(pack, resourceOf(type, "x", inputs, { stack: "dev" }));
    return messages.map((message) => / at (\S+) is declared by no module/.exec(message)?.[1]);
  };
  const job = { spec: { template: { spec: { initContainers: [{ env }], containers: [{ env }] } } } };
  expect(await found("kubernetes:batch/v1:CronJob", { spec: { jobTemplate: job } })).toEqual([
    "spec.jobTemplate.spec.template.spec.containers[0].env[0]",
    "spec.jobTemplate.spec.template.spec.initContainers[0].env[0]",
  ]);
  expect(await found("kubernetes:helm.sh/v3:Release", { values: { a: { env: { FEATURE_NEW: "x" } } } })).toEqual([
    "values.a.env.FEATURE_NEW",
  ]);
  expect(await found("kubernetes:argoproj.io/v1alpha1:Rollout", { spec: { template: { spec: { e: env } } } })).toEqual([
    "spec.template.spec.e[0]",
  ]);
});

test("a setting lowers what a class asks for", async () => {
  const lax = await startPolicy("feature-flags", catalogue, { everybody: { prod: "alpha" } }, AT);
  expect(await refusals(lax, flags({ FEATURE_ALPHA: "true" }))).toEqual([]);
});

test("a setting that is none is refused before anything is judged", async () => {
  await expect(startPolicy("feature-flags", catalogue, { everybody: { prod: "gamma" } }, AT)).rejects.toThrow(
    /feature-flags\.everybody\.prod: Invalid option: expected one of "alpha"\|"beta"\|"stable"/,
  );
});

test("a module file that cannot be read refuses, and names what is wrong with it", async () => {
  const broken = checkoutOf({ "catalog/modules/app.yaml": MODULE.replace("maturity: alpha", "maturity: gamma") });
  const judging = await startPolicy("feature-flags", broken, {}, AT);
  const [message] = await refusals(judging, flags({ FEATURE_ALPHA: "false" }));
  expect(message).toMatch(
    /^cannot be judged: catalog\/modules\/app\.yaml:6 flags\.FEATURE_ALPHA\.maturity: must be one/,
  );
});
