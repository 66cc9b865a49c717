import { beforeAll, describe, expect, test } from "vitest";
import type { Pack } from "../../engine/pack.ts";
import { readGatedPlatform } from "../../release/admission/gated.ts";
import { GATE_NAMESPACE } from "../../release/admission/names.ts";
import { type AdmissionPlan, planAdmission } from "../../release/admission/plan.ts";
import type { JsonObject } from "../../release/json.ts";
import { day } from "../release/world.ts";
import { digestOf, SignedPlatform } from "./signedPlatform.ts";
import { judge, refusals, resourceOf, startPolicy } from "./support.ts";

const ADMISSION = "kubernetes:admissionregistration.k8s.io/v1";
const platform = new SignedPlatform(
  { web: { images: { web: { repository: "registry.test/app/web" } } } },
  { "web 1.0.0": { images: { web: "registry.test/app/web" } } },
  {
    "catalog/trust/stacks.yaml":
      "stacks: { prod: { class: prod, gate: { mode: enforce } }, bare: { class: prod }, dev: { class: dev } }\n",
  },
);
platform.base["Pulumi.prod.yaml"] = `config:
  imprimatur:cluster: { context: prod }
  imprimatur:registries: { app: { url: registry.test/app } }
  imprimatur:modules: { web: [1.0.0@${platform.manifestDigest("web 1.0.0")}] }
`;
const world = new SignedPlatform({}, {}, platform.base);

let plan: AdmissionPlan;
let pack: Pack;
beforeAll(async () => {
  await world.blessed("web 1.0.0", ["prod"]);
  const { catalogue, files } = world;
  plan = planAdmission({
    catalogue,
    gate: world.gate(day(100)),
    platform: readGatedPlatform(catalogue, files, "prod"),
  });
  pack = await startPolicy("admission-gate", world.save());
});

/** The gate's resources, one of them as it should not be. */
function gate(change: { readonly name?: string; readonly inputs?: JsonObject | null } = {}) {
  const object = (type: string, name: string, inputs: object, namespace?: string) => {
    if (change.name === name && change.inputs === null) return [];
    const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
    const changed = change.name === name ? change.inputs : {};
    const all = { metadata, ...inputs, ...changed } as JsonObject;
    return [resourceOf(type, `gate-${name}`, all, { stack: "prod-gate" })];
  };
  return [
    ...[...plan.policies].flatMap(([name, spec]) => object(`${ADMISSION}:ValidatingAdmissionPolicy`, name, { spec })),
    ...[...plan.bindings, ...plan.otherwise].flatMap(([name, spec]) =>
      object(`${ADMISSION}:ValidatingAdmissionPolicyBinding`, `${name}`, { spec }),
    ),
    ...[...plan.lists].flatMap(([name, data]) =>
      object("kubernetes:core/v1:ConfigMap", name, { data }, GATE_NAMESPACE),
    ),
  ];
}

describe("admission-gate passes", () => {
  test("the gate as trust and catalogue give it, and other ConfigMaps beside it", async () => {
    const other = resourceOf("kubernetes:core/v1:ConfigMap", "web", {
      metadata: { name: "web", namespace: "web" },
      data: { a: "b" },
    });
    expect(await refusals(pack, ...gate(), other)).toEqual([]);
  });

  test("a gated stack, one that needs no gate, and one in no cluster", async () => {
    const pod = (stack: string) => resourceOf("kubernetes:core/v1:Pod", "pod", {}, { stack });
    expect(await refusals(pack, pod("prod"))).toEqual([]);
    expect(await refusals(pack, pod("dev"))).toEqual([]);
    expect(await refusals(pack, resourceOf("aws:s3/bucket:Bucket", "b", {}, { stack: "bare" }))).toEqual([]);
  });
});

describe("admission-gate refuses", () => {
  test("production without a gate, with what to write", async () => {
    const { refused } = await judge(pack, resourceOf("kubernetes:core/v1:Pod", "pod", {}, { stack: "bare" }));
    expect(refused).toMatchObject([
      {
        message: "nothing in the cluster of bare refuses what goes past this program: trust gives it no admission gate",
        remedy: "write gate: { mode: enforce } under stacks.bare of catalog/trust/stacks.yaml, and apply bare-gate",
      },
    ]);
  });

  const hex = digestOf("web 1.0.0 web").slice("sha256:".length);
  const listed = { [hex]: "registry.test/app/web web 1.0.0 -" };
  const binding = "imprimatur-images-web";
  test.each<[string, string, () => JsonObject | null, string]>([
    [
      "a list that is longer",
      "web",
      () => ({ data: { ...listed, b: "x" } }),
      "the list web lets in b, which the catalogue does not, or not so",
    ],
    [
      "a list that names another repository",
      "web",
      () => ({ data: { [hex]: "evil.test/web web 1.0.0 -" } }),
      `the list web lets in ${hex}, which the catalogue does not, or not so`,
    ],
    ["a list that is shorter", "web", () => ({ data: {} }), `the list web lacks ${hex}, which the catalogue lets in`],
    [
      "a list for namespaces that have none",
      "no.list",
      () => ({ data: listed }),
      `the list no.list lets in ${hex}, which the catalogue does not, or not so`,
    ],
    ["a missing list", "web", () => null, "the list web is missing from the admission gate"],
    [
      "a missing binding",
      binding,
      () => null,
      `the ValidatingAdmissionPolicyBinding ${binding} is missing from the admission gate`,
    ],
    [
      "a binding that only warns",
      binding,
      () => ({ spec: { ...plan.bindings.get(binding), validationActions: ["Warn"] } as unknown as JsonObject }),
      `the ValidatingAdmissionPolicyBinding ${binding} is not as trust asks for it`,
    ],
    [
      "a policy that lets pass what it cannot judge",
      "imprimatur-images",
      () => ({ spec: { ...plan.policies.get("imprimatur-images"), failurePolicy: "Ignore" } as unknown as JsonObject }),
      "the ValidatingAdmissionPolicy imprimatur-images is not as trust asks for it",
    ],
    [
      "a policy that leaves something out",
      "imprimatur-images",
      () => ({
        spec: {
          ...plan.policies.get("imprimatur-images"),
          matchConditions: [{ name: "not", expression: "false" }],
        } as unknown as JsonObject,
      }),
      "the ValidatingAdmissionPolicy imprimatur-images is not as trust asks for it",
    ],
  ])("%s", async (_, name, inputs, message) => {
    expect(await refusals(pack, ...gate({ name, inputs: inputs() }))).toEqual([message]);
  });
});
