import { beforeAll, describe, expect, test } from "vitest";
import type { Pack } from "../../engine/pack.ts";
import type { JsonObject } from "../../release/json.ts";
import { checkoutOf, judge, refusals, resourceOf, startPolicy, UNKNOWN } from "./support.ts";

const catalogue = checkoutOf({});
let pack: Pack;
beforeAll(async () => {
  pack = await startPolicy("disruption-budgets", catalogue);
});

const labels = { app: "web", tier: "front" };
const deployment = (spec: JsonObject, stack = "prod", metadata: JsonObject = { name: "web", namespace: "shop" }) =>
  resourceOf(
    "kubernetes:apps/v1:Deployment",
    "web",
    { metadata, spec: { template: { metadata: { labels }, spec: { containers: [] } }, ...spec } },
    { stack },
  );
const budget = (selector: JsonObject, namespace = "shop") =>
  resourceOf("kubernetes:policy/v1:PodDisruptionBudget", "web", {
    metadata: { name: "web", namespace },
    spec: { maxUnavailable: 1, selector },
  });
const refused = "has 3 replicas, and no PodDisruptionBudget of namespace shop selects its Pods";

test("several replicas without a budget are refused in prod, and nowhere else by default", async () => {
  expect((await judge(pack, deployment({ replicas: 3 }))).refused).toEqual([
    {
      urn: "urn:pulumi:prod::fixture::kubernetes:apps/v1:Deployment::web",
      message: refused,
      remedy: "add a policy/v1 PodDisruptionBudget with maxUnavailable: 1 and the workload's own selector",
    },
  ]);
  expect(await refusals(pack, deployment({ replicas: 3 }, "staging"))).toEqual([]);
  const strict = await startPolicy("disruption-budgets", catalogue, { classes: ["staging", "prod"] });
  expect(await refusals(strict, deployment({ replicas: 3 }, "staging"))).toEqual([refused]);
});

test("one replica, or none said, needs no budget", async () => {
  expect(await refusals(pack, deployment({ replicas: 1 }))).toEqual([]);
  expect(await refusals(pack, deployment({}))).toEqual([]);
});

test("replicas that are unknown or no number need one", async () => {
  const unknown =
    "has a number of replicas that cannot be known yet, and no PodDisruptionBudget of namespace shop selects its Pods";
  expect(await refusals(pack, deployment({ replicas: UNKNOWN }))).toEqual([unknown]);
  expect(await refusals(pack, deployment({ replicas: "3" }))).toEqual([unknown]);
  expect(await refusals(pack, deployment({ replicas: UNKNOWN }), budget({ matchLabels: labels }))).toEqual([]);
});

test("an autoscaler decides how many there are at least", async () => {
  const scaler = (minReplicas: number | string) =>
    resourceOf("kubernetes:autoscaling/v2:HorizontalPodAutoscaler", "web", {
      metadata: { namespace: "shop" },
      spec: { minReplicas, scaleTargetRef: { kind: "Deployment", name: "web" } },
    });
  expect(await refusals(pack, deployment({}), scaler(3))).toEqual([refused]);
  expect(await refusals(pack, deployment({}), scaler(1))).toEqual([]);
  expect(await refusals(pack, deployment({}), scaler(UNKNOWN))).toHaveLength(1);
});

describe("a budget covers", () => {
  test.each<[string, JsonObject]>([
    ["some labels", { matchLabels: { app: "web" } }],
    ["everything", {}],
    ["an expression", { matchExpressions: [{ key: "app", operator: "In", values: ["api", "web"] }] }],
    ["a label that is there", { matchExpressions: [{ key: "app", operator: "Exists" }] }],
    ["a label that is not", { matchExpressions: [{ key: "canary", operator: "DoesNotExist" }] }],
    ["any other value", { matchExpressions: [{ key: "app", operator: "NotIn", values: ["api"] }] }],
  ])("by %s", async (_, selector) => {
    expect(await refusals(pack, deployment({ replicas: 3 }), budget(selector))).toEqual([]);
  });

  test.each<[string, JsonObject]>([
    ["another value", { matchLabels: { app: "api" } }],
    ["one label that fits and one that does not", { matchLabels: { app: "web", canary: "true" } }],
    ["an expression that does not hold", { matchExpressions: [{ key: "app", operator: "NotIn", values: ["web"] }] }],
    ["an operator that there is not", { matchExpressions: [{ key: "app", operator: "Like", values: ["web"] }] }],
    ["a value that is unknown", { matchLabels: { app: UNKNOWN } }],
    ["labels of a wrong type", { matchLabels: "app=web" }],
  ])("not by %s", async (_, selector) => {
    expect(await refusals(pack, deployment({ replicas: 3 }), budget(selector))).toEqual([refused]);
  });

  test("only its own namespace", async () => {
    const inDefault = deployment({ replicas: 3 }, "prod", { name: "web" });
    expect(await refusals(pack, deployment({ replicas: 3 }), budget({}, "other"))).toEqual([refused]);
    expect(await refusals(pack, inDefault, budget({}, "default"))).toEqual([]);
    const unknown = deployment({ replicas: 3 }, "prod", { name: "web", namespace: UNKNOWN });
    expect(await refusals(pack, unknown, budget({}))).toEqual([refused.replace("shop", "<unknown>")]);
  });
});

test("a class that there is not is refused", async () => {
  await expect(startPolicy("disruption-budgets", catalogue, { classes: ["production"] })).rejects.toThrow(
    /disruption-budgets\.classes\.0: Invalid option/,
  );
});
