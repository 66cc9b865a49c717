import { describe, expect, test } from "vitest";
import { comparablePlan, normalInputs } from "../../engine/defaults.ts";
import { canonicalQuantity } from "../../release/kubernetes/quantity.ts";
import { SECRET, UNKNOWN } from "../../release/plan.ts";

describe("what a provider's Check adds is in no plan", () => {
  test.each([
    ["pulumi:providers:kubernetes", { __internal: {}, kubeconfig: SECRET, context: "dev" }, { context: "dev" }],
    [
      "pulumi:providers:aws",
      { __internal: {}, region: "us-east-1", kubeconfig: "a" },
      { region: "us-east-1", kubeconfig: "a" },
    ],
    [
      "kubernetes:helm.sh/v3:Release",
      { name: "a", chart: "oci://a/b@sha256:00", version: "1.2.3", namespace: "default", timeout: 300, values: {} },
      { name: "a", chart: "oci://a/b@sha256:00" },
    ],
    [
      "kubernetes:helm.sh/v3:Release",
      { chart: "b", version: "1.2.3", timeout: 600, atomic: true, lint: false, keyring: "", values: { on: false } },
      { chart: "b", version: "1.2.3", timeout: 600, atomic: true, values: { on: false } },
    ],
    [
      "kubernetes:core/v1:Secret",
      { metadata: { name: "a", namespace: "default", labels: {}, annotations: { b: "" } }, stringData: SECRET },
      { metadata: { name: "a", annotations: { b: "" } }, data: SECRET },
    ],
    [
      "kubernetes:core/v1:Pod",
      {
        spec: {
          volumes: [{ emptyDir: {} }],
          containers: [{ resources: { requests: { cpu: "0.5" }, limits: UNKNOWN } }],
        },
      },
      {
        spec: {
          volumes: [{ emptyDir: {} }],
          containers: [{ resources: { requests: { cpu: "500m" }, limits: UNKNOWN } }],
        },
      },
    ],
    ["other:index:Thing", { data: {}, metadata: { labels: {} }, limits: { cpu: "0.5" } }, undefined],
  ])("%s", (type, inputs, expected) => {
    expect(normalInputs(type, inputs)).toEqual(expected ?? inputs);
  });
});

test("plans of two engines are compared without the options that the CLI does not tell", () => {
  const resource = { urn: "urn:pulumi:a", type: "t", name: "a", custom: true, inputs: {}, dependencies: [] };
  const options = { protect: true, aliases: ["urn:pulumi:b"], deleteBeforeReplace: true };
  const plan = { stack: "dev", project: "p", resources: [{ ...resource, options }] };
  expect(comparablePlan(plan)).toEqual({ ...plan, resources: [{ ...resource, options: { protect: true } }] });
});

/** As k8s.io/apimachinery writes them. */
test.each([
  [1, "1"],
  [0.5, "500m"],
  ["1000m", "1"],
  ["0.1", "100m"],
  ["1000", "1k"],
  ["1500", "1500"],
  ["1024Mi", "1Gi"],
  ["1.5Gi", "1536Mi"],
  ["512Ki", "512Ki"],
  ["0.5Ki", "512"],
  ["2e3", "2k"],
  ["1E", "1E"],
  ["1e-3", "1m"],
  ["100u", "100u"],
  ["0.0000000001", "1n"],
  ["-1000m", "-1"],
  ["0", "0"],
  ["0Gi", "0"],
])("the quantity %s is %s", (written, canonical) => {
  expect(canonicalQuantity(written)).toBe(canonical);
});

test.each([UNKNOWN, SECRET, "", "a lot", "1 Gi", null, true])("%s is no quantity and stays as it is", (value) => {
  expect(canonicalQuantity(value)).toBe(value);
});
