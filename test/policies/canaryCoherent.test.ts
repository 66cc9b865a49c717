import { beforeAll, describe, expect, test } from "vitest";
import type { Pack } from "../../engine/pack.ts";
import type { JsonObject } from "../../release/json.ts";
import { day } from "../release/world.ts";
import { SignedPlatform } from "./signedPlatform.ts";
import { judge, refusals, resourceOf, startPolicy, UNKNOWN } from "./support.ts";

const content = { content: "https://example.org/rules" };
const names = { path: "env", stable: "STABLE_VERSION", canary: "CANARY_VERSION" };
const MODULES = {
  service: { namespace: "insights", chart: "registry.test/charts/service", content: { rules: names } },
  other: { namespace: "elsewhere", chart: "registry.test/charts/other", content: { models: names } },
  reader: { chart: "registry.test/charts/reader", content: { models: { path: "env", stable: "MODELS" } } },
  rules: { namespace: "insights", canary: { ladder: [5, 100], except: { clusterId: ["a"] } } },
  models: {},
};
const RELEASES = {
  "rules 1.0.0": content,
  "rules 1.1.0": content,
  "rules 1.2.0": content,
  "rules 1.3.0": content,
  "models 7.0.0": { content: "https://example.org/models" },
};
const platform = new SignedPlatform(MODULES, RELEASES);

let pack: Pack;
beforeAll(async () => {
  for (const words of ["rules 1.0.0", "rules 1.1.0", "rules 1.3.0", "models 7.0.0"])
    await platform.blessed(words, ["prod"]);
  await platform.blessed("rules 1.2.0", ["staging"]);
  await platform.revoked("rules 1.3.0");
  pack = await startPolicy("canary-coherent", platform.save());
});

type Env = Readonly<Record<string, unknown>>;
const FORMS: readonly (readonly [string, string, string, (env: Env) => object])[] = [
  [
    "a Helm release's values",
    "helm.sh/v3:Release",
    "values.env",
    (env) => ({ namespace: "insights", values: { env } }),
  ],
  [
    "a chart's values, as a list",
    "helm.sh/v4:Chart",
    "values.extraEnv",
    (env) => ({ namespace: "insights", values: { extraEnv: list(env) } }),
  ],
  ["a ConfigMap", "core/v1:ConfigMap", "data", (env) => ({ metadata: { namespace: "insights" }, data: env })],
  [
    "a Deployment's containers",
    "apps/v1:Deployment",
    "spec.template.spec.containers[0].env",
    (env) => ({
      metadata: { namespace: "insights" },
      spec: { template: { spec: { containers: [{ env: list(env) }] } } },
    }),
  ],
];
function list(env: Env) {
  return Object.entries(env).map(([name, value]) => ({ name, value }));
}

describe.each(FORMS)("in %s", (_, kind, path, form) => {
  const resource = (env: Env, stack = "prod") =>
    resourceOf(`kubernetes:${kind}`, "it", form(env) as JsonObject, { stack });
  const judged = (stable: unknown, canary: unknown = "none", stack = "prod") =>
    refusals(pack, resource({ STABLE_VERSION: stable, CANARY_VERSION: canary }, stack));

  test("a stable version, alone or with a later canary, passes", async () => {
    expect(await judged("1.0.0")).toEqual([]);
    expect(await judged("1.0.0", "1.1.0")).toEqual([]);
    expect(await refusals(pack, resource({ STABLE_VERSION: "1.0.0" }))).toEqual([]);
  });

  test.each([
    [
      "a canary older than what is stable",
      "1.1.0",
      "1.0.0",
      "the canary of rules, 1.0.0, is older than what is stable, 1.1.0",
    ],
    [
      "a canary that is not blessed",
      "1.0.0",
      "1.2.0",
      `CANARY_VERSION at ${path} is of rules 1.2.0, which is not blessed for prod`,
    ],
    [
      "a revoked stable version",
      "1.3.0",
      "none",
      `STABLE_VERSION at ${path} is of rules 1.3.0, which must not run\n  refused  revoked by operator: it loses data`,
    ],
    [
      "a version that is not there",
      "9.9.9",
      "none",
      `STABLE_VERSION at ${path} names a version of rules that is not in the catalogue`,
    ],
    ["no stable version", "none", "1.1.0", `STABLE_VERSION at ${path} names no version of rules`],
    ["an unknown version", "1.0.0", UNKNOWN, `CANARY_VERSION at ${path} cannot be known before an update`],
    ["a number", 1, "none", `STABLE_VERSION at ${path} is no plain text, so the version of rules cannot be told`],
  ])("%s is refused", async (_, stable, canary, message) => {
    expect(await judged(stable, canary)).toEqual([message]);
  });

  test("a canary without a stable version is refused", async () => {
    expect(await refusals(pack, resource({ CANARY_VERSION: "1.1.0" }))).toEqual([
      `STABLE_VERSION at ${path} names no version of rules`,
    ]);
  });

  test("a canary that has become stable is owed its clearing: an advice", async () => {
    const { refused, advised } = await judge(pack, resource({ STABLE_VERSION: "1.1.0", CANARY_VERSION: "1.1.0" }));
    expect(refused).toEqual([]);
    expect(advised.map(({ message, remedy }) => [message, remedy])).toEqual([
      [
        "the canary of rules, 1.1.0, has become stable: it is owed that the canary is cleared and its population set to 0",
        "set CANARY_VERSION to none, then the population to 0",
      ],
    ]);
  });

  test("where no blessing is asked for, only the order and what is revoked count", async () => {
    expect(await judged("9.9.9", UNKNOWN, "dev")).toEqual([]);
    expect(await judged("1.0.0", "1.2.0", "dev")).toEqual([]);
    expect(await judged("1.1.0", "1.0.0", "dev")).toHaveLength(1);
    expect(await judged("1.3.0", "none", "dev")).toHaveLength(1);
  });
});

const container = (env: unknown, namespace = "insights") =>
  resourceOf("kubernetes:core/v1:Pod", "it", {
    metadata: { namespace },
    spec: { containers: [{ env }] },
  } as JsonObject);

test("a version from a Secret cannot be told; one from a ConfigMap is judged there", async () => {
  const from = (key: string) => [{ name: "STABLE_VERSION", valueFrom: { [key]: { name: "x", key: "y" } } }];
  expect(await refusals(pack, container(from("secretKeyRef")))).toEqual([
    "STABLE_VERSION at spec.containers[0].env is no plain text, so the version of rules cannot be told",
  ]);
  expect(await refusals(pack, container(from("configMapKeyRef")))).toEqual([]);
});

test("unknown settings are refused in the namespace of a module that has such, and elsewhere not", async () => {
  expect(await refusals(pack, container(UNKNOWN))).toEqual([
    "spec.containers[0].env cannot be known before an update, and may say which content is served",
  ]);
  expect(await refusals(pack, container(UNKNOWN, "kube-system"))).toEqual([]);
  const chart = resourceOf("kubernetes:helm.sh/v3:Release", "it", { namespace: "insights", values: UNKNOWN });
  expect(await refusals(pack, chart)).toEqual([
    "values cannot be known before an update, and may say which content is served",
  ]);
});

test("of two contents by the same names, the one of the namespace is meant, or else either", async () => {
  const env = [{ name: "STABLE_VERSION", value: "7.0.0" }];
  expect(await refusals(pack, container(env, "elsewhere"))).toEqual([]);
  expect(await refusals(pack, container(env, "nowhere"))).toEqual([]);
  expect(await refusals(pack, container(env, "insights"))).toHaveLength(1);
});

test("the names are those that modules declare", async () => {
  expect(await refusals(pack, container([{ name: "MODELS", value: "6.0.0" }]))).toEqual([
    "MODELS at spec.containers[0].env names a version of models that is not in the catalogue",
  ]);
  expect(await refusals(pack, container([{ name: "VERSION", value: "6.0.0" }]))).toEqual([]);
});

const STEP = { module: "rules", stable: "1.1.0", canary: null, population: 25, owed: true };

test("what is owed from the last canary stops another one, and is shown where there is none", async () => {
  const owing = new SignedPlatform(MODULES, RELEASES);
  for (const words of ["rules 1.0.0", "rules 1.1.0"]) await owing.blessed(words, ["prod"]);
  await owing.settled("prod", day(20), {}, { action: "canary", canary: { ...STEP, step: "promote" } });
  const settling = await startPolicy("canary-coherent", owing.save());
  const told = "the population of the last canary of rules is 25 %: it is owed that it goes back to 0";
  const remedy = "npx imprimatur canary settle rules --stack prod";
  const env = list({ STABLE_VERSION: "1.0.0", CANARY_VERSION: "1.1.0" });
  expect(await judge(settling, container(env))).toMatchObject({
    refused: [{ message: `${told} before another one starts`, remedy }],
    advised: [],
  });
  const without = list({ STABLE_VERSION: "1.1.0", CANARY_VERSION: "none" });
  expect(await judge(settling, container(without))).toMatchObject({
    refused: [],
    advised: [{ message: told, remedy }],
  });
  expect(await judge(settling, container(env.slice(0, 1), "kube-system"))).toMatchObject({ refused: [] });
});

test("a canary needs a ladder", async () => {
  const free = new SignedPlatform({ ...MODULES, rules: { namespace: "insights" } }, RELEASES);
  for (const words of ["rules 1.0.0", "rules 1.1.0"]) await free.blessed(words, ["prod"]);
  const unbounded = await startPolicy("canary-coherent", free.save());
  const env = list({ STABLE_VERSION: "1.0.0", CANARY_VERSION: "1.1.0" });
  expect(await refusals(unbounded, container(env))).toEqual([
    "rules has a canary and declares no ladder, so nothing bounds who gets it",
  ]);
});

describe("the flag of a canary", () => {
  const flag = {
    url: "https://unleash.test",
    flag: "rules-canary",
    ladder: [5, 100],
    stickiness: "default",
    constraints: [{ field: "clusterId", operator: "NOT_IN", values: ["a"] }],
  };
  let site: Pack;
  beforeAll(async () => {
    const pins = `{ rules: [1.0.0@${platform.manifestDigest("rules 1.0.0")}] }`;
    const stackFile = `config: { imprimatur:cluster: { context: x }, imprimatur:registries: {}, imprimatur:modules: ${pins} }\n`;
    site = await startPolicy(
      "canary-coherent",
      new SignedPlatform(MODULES, RELEASES, { "Pulumi.prod.yaml": stackFile }).save(),
    );
  });
  const judged = (changes: object, module = "rules") =>
    refusals(
      site,
      resourceOf("imprimatur:release:CanaryRelease", "it", { module, flag: { ...flag, ...changes } } as JsonObject),
    );

  test("goes as far as was signed for, and to those", async () => {
    expect(await judged({})).toEqual([]);
    const more = "it gives the canary of rules to others, or further, than was signed for";
    for (const changes of [{ ladder: [50, 100] }, { constraints: [] }, { stickiness: "random" }, { flag: "other" }])
      expect(await judged(changes)).toEqual([more]);
  });

  test("is of a module that has canaries, and plain", async () => {
    expect(await judged({}, "models")).toEqual([
      "it holds the population of models, which declares no canary, or which this stack does not pin",
    ]);
    expect(await judged({ ladder: UNKNOWN })).toEqual(["it does not say whom the canary may go to as plain values"]);
  });
});

test("it takes no settings", async () => {
  const strict = await startPolicy("canary-coherent", platform.save(), { ladder: [5] });
  expect(await refusals(strict, container([]))).toEqual([
    'cannot be judged: the configuration of the policy pack canary-coherent: Unrecognized key: "ladder"',
  ]);
});
