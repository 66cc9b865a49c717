import { expect, test } from "vitest";
import { Environment, type EnvironmentArgs } from "../../components/environment.ts";
import { ExistingCluster } from "../../components/existingCluster.ts";
import { record } from "./record.ts";

const args: EnvironmentArgs = {
  stack: "east",
  class: "staging",
  namespaces: ["api", "store"],
  quota: { "requests.memory": "1Ti", pods: 500 },
  protect: false,
};
const labels = {
  "app.kubernetes.io/managed-by": "imprimatur",
  "imprimatur.dev/stack": "east",
  "imprimatur.dev/class": "staging",
};
const parent = "imprimatur:environment:Environment::env";

test("each namespace gets its name, labels and quota", async () => {
  const resources = await record((opts) => new Environment("env", args, opts));

  expect(resources[0]).toEqual({
    type: "imprimatur:environment:Environment",
    name: "env",
    inputs: args,
    dependsOn: [],
    protect: false,
  });
  expect(resources.filter(({ type }) => type === "kubernetes:core/v1:Namespace")).toEqual(
    ["api", "store"].map((name) => ({
      type: "kubernetes:core/v1:Namespace",
      name: `env-${name}`,
      inputs: { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } },
      parent,
      dependsOn: [],
      protect: false,
    })),
  );
  expect(resources.filter(({ type }) => type === "kubernetes:core/v1:ResourceQuota")).toEqual(
    ["api", "store"].map((namespace) => ({
      type: "kubernetes:core/v1:ResourceQuota",
      name: `env-${namespace}`,
      inputs: {
        apiVersion: "v1",
        kind: "ResourceQuota",
        metadata: { name: "imprimatur", namespace, labels },
        spec: { hard: { pods: "500", "requests.memory": "1Ti" } },
      },
      parent,
      dependsOn: [`imprimatur:environment:Environment$kubernetes:core/v1:Namespace::env-${namespace}`],
      protect: false,
    })),
  );
  expect(resources).toHaveLength(5);
});

test("an empty quota makes none", async () => {
  const resources = await record((opts) => new Environment("env", { ...args, quota: {} }, opts));

  expect(resources.map(({ type }) => type)).toEqual([
    "imprimatur:environment:Environment",
    "kubernetes:core/v1:Namespace",
    "kubernetes:core/v1:Namespace",
  ]);
});

test("protection covers the namespaces, and nothing that can be made again", async () => {
  const resources = await record((opts) => new Environment("env", { ...args, protect: true }, opts));

  expect(resources.filter((resource) => resource.protect).map(({ type }) => type)).toEqual([
    "kubernetes:core/v1:Namespace",
    "kubernetes:core/v1:Namespace",
  ]);
});

test("everything stands in the cluster that is given", async () => {
  let environment: Environment | undefined;
  const resources = await record((opts) => {
    const { provider } = new ExistingCluster("cluster", { context: "a" }, opts);
    environment = new Environment("env", args, { ...opts, providers: [provider] });
  });

  const provider = "imprimatur:cluster:ExistingCluster$pulumi:providers:kubernetes::cluster";
  expect(resources.filter(({ type }) => type.startsWith("kubernetes:")).map((resource) => resource.provider)).toEqual(
    Array(4).fill(provider),
  );
  expect([...(environment?.namespaces.keys() ?? [])]).toEqual(["api", "store"]);
});
