import { beforeAll, describe, expect, test } from "vitest";
import type { Pack } from "../../engine/pack.ts";
import { type JsonObject, prettyJson } from "../../release/json.ts";
import { checkoutOf, judge, refusals, resourceOf, startPolicy, UNKNOWN } from "./support.ts";

const STACKS = `stacks:
  dev: { class: dev }
  staging: { class: staging }
  prod: { class: prod, mirrors: staging }
`;
const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
const RELEASE = "kubernetes:helm.sh/v3:Release";

const container = {
  name: "web",
  image: "registry.test/web:1",
  readinessProbe: { httpGet: { path: "/ready", port: 8080 } },
  resources: { requests: { cpu: "500m", memory: "1Gi" } },
  securityContext: { runAsNonRoot: true },
};
const deployment = (changes: JsonObject = {}) => ({
  metadata: { name: "web" },
  spec: { template: { spec: { containers: [{ ...container, ...changes }] } } },
});
const VALUES = { replicaCount: 1, db: { host: "db.staging", pool: [1] }, note: "x" };

const planned = (type: string, name: string, inputs: JsonObject, custom = true) => ({
  urn: `urn:pulumi:staging::fixture::${type}::${name}`,
  type,
  name,
  custom,
  inputs,
  dependencies: [],
  options: {},
});
const plan = (...resources: unknown[]) => prettyJson({ stack: "staging", project: "fixture", resources });
const stagingPlan = plan(
  planned("pulumi:pulumi:Stack", "fixture-staging", {}, false),
  planned(DEPLOYMENT, "web", deployment()),
  planned(RELEASE, "store", { chart: "store", values: VALUES }),
);
const PARITY = `differences:
  - { resource: "${RELEASE}::*", path: values.replicaCount, reason: Production carries all users. }
  - { resource: "*::only-in-*", reason: Declared as a whole for the test. }
`;

const files = { "catalog/trust/stacks.yaml": STACKS, "plans/staging.json": stagingPlan, "catalog/parity.yaml": PARITY };
const catalogue = checkoutOf(files);

const root = (stack = "prod") => resourceOf("pulumi:pulumi:Stack", `fixture-${stack}`, {}, { stack });
const web = (inputs: JsonObject = deployment(), stack = "prod") => resourceOf(DEPLOYMENT, "web", inputs, { stack });
const store = (values: unknown = VALUES) => resourceOf(RELEASE, "store", { chart: "store", values } as JsonObject);

let pack: Pack;
beforeAll(async () => {
  pack = await startPolicy("environment-parity", catalogue);
});

describe("environment-parity passes", () => {
  test("a stack that is alike", async () => {
    expect(await refusals(pack, root(), web(), store())).toEqual([]);
  });

  test.each([
    ["another image", web(deployment({ image: "registry.test/web:2" })), store()],
    [
      "the same amount, written in another way",
      web(deployment({ resources: { requests: { cpu: 0.5, memory: "1024Mi" } } })),
      store(),
    ],
    ["other values of the same kind", web(), store({ ...VALUES, db: { host: "db.prod", pool: [] }, note: "y" })],
    ["a difference that is declared", web(), store({ db: VALUES.db, note: "x" })],
    ["a value that is null, as if left out", web(), store({ ...VALUES, extra: null })],
  ])("%s", async (_, ...resources) => {
    expect(await refusals(pack, root(), ...resources)).toEqual([]);
  });

  test("a resource that is declared as a whole, and what is part of a release on its way", async () => {
    const declared = resourceOf("kubernetes:core/v1:ConfigMap", "only-in-prod", {});
    const image = resourceOf("imprimatur:release:BlessedImage", "web/web", {});
    expect(await refusals(pack, root(), web(), store(), declared, image)).toEqual([]);
  });

  test("a stack that mirrors no other", async () => {
    for (const stack of ["dev", "staging"]) expect(await refusals(pack, root(stack), web({}, stack))).toEqual([]);
  });
});

describe("environment-parity refuses", () => {
  test("a probe that was proven otherwise, and says what mends it", async () => {
    const probe = { httpGet: { path: "/", port: 8080 } };
    const { refused } = await judge(pack, root(), web(deployment({ readinessProbe: probe })), store());
    const path = "spec.template.spec.containers[web].readinessProbe.httpGet.path";
    expect(refused).toEqual([
      {
        urn: `urn:pulumi:prod::fixture::${DEPLOYMENT}::web`,
        message: `${path} is not the same in prod as in staging`,
        remedy: `make both alike; or add { resource: "${DEPLOYMENT}::web", path: "${path}", reason: … } to catalog/parity.yaml`,
      },
    ]);
  });

  const at = "spec.template.spec.containers[web]";
  test.each([
    [
      "more memory",
      web(deployment({ resources: { requests: { cpu: "500m", memory: "2Gi" } } })),
      store(),
      `${at}.resources.requests.memory is not the same in prod as in staging`,
    ],
    [
      "a weaker security context",
      web(deployment({ securityContext: { runAsNonRoot: false } })),
      store(),
      `${at}.securityContext.runAsNonRoot is not the same in prod as in staging`,
    ],
    [
      "no readiness probe, told once",
      web(deployment({ readinessProbe: null })),
      store(),
      `${at}.readinessProbe is given in staging and not in prod`,
    ],
    [
      "another probe",
      web(deployment({ livenessProbe: { tcpSocket: { port: 1 } } })),
      store(),
      `${at}.livenessProbe is given in prod and not in staging`,
    ],
    [
      "an unknown resource",
      web(deployment({ resources: { requests: { cpu: "500m", memory: UNKNOWN } } })),
      store(),
      `${at}.resources.requests.memory cannot be compared with staging: it is not known before an update`,
    ],
    [
      "a value that staging is not given",
      web(),
      store({ ...VALUES, tracing: { enabled: true, level: 1 } }),
      "values.tracing is given in prod and not in staging",
    ],
    [
      "a value that staging is given",
      web(),
      store({ replicaCount: 1, note: "x" }),
      "values.db is given in staging and not in prod",
    ],
    [
      "a value of another kind",
      web(),
      store({ ...VALUES, note: 5 }),
      "values.note is not the same in prod as in staging",
    ],
    [
      "unknown values",
      web(),
      store(UNKNOWN),
      "values cannot be compared with staging: it is not known before an update",
    ],
    [
      "a resource that staging lacks",
      web(),
      store(),
      resourceOf("kubernetes:core/v1:ConfigMap", "extra", {}),
      "staging has no such resource, so nothing proves it there",
    ],
    ["a resource that it lacks itself", web(), `staging has ${RELEASE}::store, and prod has not`],
  ])("%s", async (_, ...rest) => {
    const message = rest.at(-1) as string;
    const resources = rest.slice(0, -1) as ReturnType<typeof web>[];
    expect(await refusals(pack, root(), ...resources)).toEqual([message]);
  });

  test("another version of the API, once", async () => {
    const old = resourceOf("kubernetes:apps/v1beta2:Deployment", "web", deployment());
    expect(await refusals(pack, root(), old, store())).toEqual([
      `staging has it as ${DEPLOYMENT}: another version of its API`,
    ]);
  });

  test("everything, once, where the plan is not committed", async () => {
    const bare = checkoutOf({ "catalog/trust/stacks.yaml": STACKS });
    const own = await startPolicy("environment-parity", bare);
    const { refused } = await judge(own, root(), web(), store());
    expect(refused).toEqual([
      {
        urn: "urn:pulumi:prod::fixture::pulumi:pulumi:Stack::fixture-prod",
        message: "the plan of staging is not committed, so nothing can be compared with it",
        remedy: "npx imprimatur plan staging --write",
      },
    ]);
  });

  test.each([
    ["a plan that is malformed", { "plans/staging.json": "{}" }, "plans/staging.json stack: "],
    [
      "a difference without a reason",
      { "catalog/parity.yaml": `differences: [{ resource: "${RELEASE}::a" }]\n` },
      "catalog/parity.yaml:1 differences[0].reason: ",
    ],
    [
      "a mirror that is no stack",
      { "catalog/trust/stacks.yaml": STACKS.replace("mirrors: staging", "mirrors: stagin") },
      "catalog/trust/stacks.yaml stacks: there is no such stack",
    ],
  ])("%s", async (_, changes, problem) => {
    const own = await startPolicy("environment-parity", checkoutOf({ ...files, ...changes }));
    const { refused } = await judge(own, root(), web());
    expect(refused).toHaveLength(1);
    expect(refused[0]?.message).toContain(`cannot be judged: ${problem}`);
  });
});

test("the configuration of environment-parity is refused where it is malformed", async () => {
  await expect(startPolicy("environment-parity", catalogue, { enforcementLevel: "sometimes" })).rejects.toThrow(
    "configuration of the policy pack imprimatur environment-parity: there is no such enforcement level",
  );
});
