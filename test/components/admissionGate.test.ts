import { expect, test } from "vitest";
import { AdmissionGate, type AdmissionGateArgs } from "../../components/admissionGate.ts";
import { DeployerRights } from "../../components/deployerRights.ts";
import { ReleaseRecord, type ReleaseRecordArgs } from "../../components/releaseRecord.ts";
import { record } from "./record.ts";

const HEX = "a".repeat(64);
const policy = { failurePolicy: "Fail" };
const binding = { policyName: "images", validationActions: ["Deny"] };
const args: AdmissionGateArgs = {
  namespace: "gate",
  labels: { stack: "prod" },
  lists: new Map([
    ["web", { [HEX]: "registry.test/web web 1.0.0 -" }],
    ["no.list", {}],
  ]),
  policies: new Map([["images", policy]]),
  bindings: new Map([["images-web", binding]]),
  otherwise: new Map([["images.otherwise", binding]]),
  protect: true,
};
const short = (urn: string) => urn.split(":").slice(-3).join(":");

test("a gate is a namespace, its lists, its policies and then their bindings, the one for the rest last", async () => {
  const made = await record((opts) => new AdmissionGate("gate", args, opts));

  const metadata = (name: string) => ({
    name,
    labels: { "app.kubernetes.io/managed-by": "imprimatur", stack: "prod" },
  });
  const objects = made.filter(({ type }) => type.startsWith("kubernetes:"));
  // What does not wait for each other is registered in any order.
  const byName = Object.fromEntries(
    objects.map(({ name, inputs }) => [name, [inputs.metadata, inputs.data ?? inputs.spec]]),
  );
  expect(byName).toEqual({
    "gate-namespace": [metadata("gate"), undefined],
    "gate-list-web": [{ ...metadata("web"), namespace: "gate" }, { [HEX]: "registry.test/web web 1.0.0 -" }],
    "gate-list-no.list": [{ ...metadata("no.list"), namespace: "gate" }, {}],
    "gate-images": [metadata("images"), policy],
    "gate-images-web": [metadata("images-web"), binding],
    "gate-images.otherwise": [metadata("images.otherwise"), binding],
  });
  expect(objects.filter(({ protect }) => protect).map(({ name }) => name)).toEqual(["gate-namespace"]);
  const needs = (binding: string) => objects.find(({ name }) => name === binding)?.dependsOn.map(short);
  const first = ["ConfigMap::gate-list-web", "ConfigMap::gate-list-no.list", "ValidatingAdmissionPolicy::gate-images"];
  expect(needs("gate-images-web")).toEqual(first);
  expect(needs("gate-images.otherwise")).toEqual([...first, "ValidatingAdmissionPolicyBinding::gate-images-web"]);
});

test("only a gate that is to be protected is", async () => {
  const made = await record((opts) => new AdmissionGate("gate", { ...args, protect: false }, opts));
  expect(made.filter(({ protect }) => protect)).toEqual([]);
});

test("deployers may make namespaces, and change those of their stack alone", async () => {
  const made = await record((opts) => new DeployerRights("deployers", { group: "ours", namespaces: ["web"] }, opts));

  const [, role, binding] = made.map(({ inputs }) => inputs);
  const rules = role?.rules as { resources: string[]; verbs: string[]; resourceNames?: string[] }[];
  expect(rules.map(({ resources, verbs, resourceNames }) => [resources, verbs, resourceNames])).toEqual([
    [["namespaces"], ["create", "get", "list", "watch"], undefined],
    [["namespaces"], ["delete", "patch", "update"], ["web"]],
    [["resourcequotas"], ["create", "delete", "patch", "update", "get", "list", "watch"], undefined],
  ]);
  expect(binding?.subjects).toEqual([{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "ours" }]);
});

const released: ReleaseRecordArgs = {
  module: "web",
  namespace: "apps",
  version: "1.0.0",
  manifestDigest: `sha256:${HEX}`,
};

test.each([
  ["a blessing", { digest: "sha256:b", by: "ada", at: "2026-07-30T12:00:00Z" }],
  ["no blessing", undefined],
])("a record says what was released, on %s", async (_, blessing) => {
  const made = await record((opts) => new ReleaseRecord("web", { ...released, blessing }, opts));

  const { module, version, manifestDigest } = released;
  const blessed = blessing && { blessing: blessing.digest, blessedBy: blessing.by, blessedAt: blessing.at };
  expect(made.map(({ type }) => type)).toEqual(["imprimatur:release:ReleaseRecord", "kubernetes:core/v1:ConfigMap"]);
  expect(made[1]?.inputs).toMatchObject({ metadata: { name: "web.release", namespace: "apps" } });
  expect(made[1]?.inputs.data).toEqual({ module, version, manifestDigest, ...blessed });
});
