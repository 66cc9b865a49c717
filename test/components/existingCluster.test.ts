import { join } from "node:path";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import type { runtime } from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { Environment } from "../../components/environment.ts";
import { ExistingCluster } from "../../components/existingCluster.ts";
import { start } from "../cli/checkout.ts";
import { record } from "./record.ts";

const uid = "5d1c7f0e-6a0e-4c55-9d4b-0a8c2f1e7b11";

test("a cluster makes one provider for its context", async () => {
  const resources = await record((opts) => new ExistingCluster("cluster", { context: "keel-dev" }, opts));

  expect(resources).toEqual([
    {
      type: "imprimatur:cluster:ExistingCluster",
      name: "cluster",
      inputs: { context: "keel-dev" },
      dependsOn: [],
      protect: false,
    },
    {
      type: "pulumi:providers:kubernetes",
      name: "cluster",
      inputs: { context: "keel-dev", enableServerSideApply: "true", enableConfigMapMutable: "true" },
      parent: "imprimatur:cluster:ExistingCluster::cluster",
      dependsOn: [],
      protect: false,
    },
  ]);
});

async function providerInputs(args: ConstructorParameters<typeof ExistingCluster>[1]) {
  const resources = await record((opts) => new ExistingCluster("c", args, opts));
  return resources.find(({ type }) => type === "pulumi:providers:kubernetes")?.inputs;
}

test("a kubeconfig reaches the provider, with or without a context", async () => {
  expect(await providerInputs({ context: "a", kubeconfig: "/etc/kube/config" })).toMatchObject({
    context: "a",
    kubeconfig: "/etc/kube/config",
  });
  expect(await providerInputs({ kubeconfig: "/etc/kube/config" })).not.toHaveProperty("context");
});

test("in its own cluster the program names that one, and not what a kubeconfig may say", async () => {
  const { kubeconfig, ...rest } = (await providerInputs({ inCluster: true })) ?? {};

  expect(rest).toEqual({ enableServerSideApply: "true", enableConfigMapMutable: "true" });
  expect(JSON.parse(kubeconfig as string)).toMatchObject({
    clusters: [{ cluster: { server: "https://kubernetes.default.svc" } }],
    users: [{ user: { tokenFile: "/var/run/secrets/kubernetes.io/serviceaccount/token" } }],
    "current-context": "own",
  });
});

describe("the identity of a cluster", () => {
  const system = ({ type, name }: runtime.MockResourceArgs, found: string) =>
    type === "kubernetes:core/v1:Namespace" && name === "cluster-identity"
      ? { metadata: { name: "kube-system", uid: found } }
      : {};
  const environment = { stack: "dev", class: "dev", namespaces: ["api"], quota: {}, protect: false };
  const build = (expected: string | undefined) => (opts: object) => {
    const { provider, verified } = new ExistingCluster("cluster", { context: "a", uid: expected }, opts);
    const dependsOn = [...verified];
    const { namespaces } = new Environment("env", environment, { ...opts, providers: [provider], dependsOn });
    const namespace = namespaces.get("api");
    new ConfigMap("inside", {}, { ...opts, provider, ...(namespace && { dependsOn: namespace }) });
  };
  const names = (resources: readonly { type: string; name: string }[]) =>
    resources.filter(({ type }) => type.startsWith("kubernetes:")).map(({ name }) => name);

  test("is read on an update, through the cluster's own provider, before anything is made", async () => {
    const resources = await record(build(uid), { outputs: (args) => system(args, uid) });

    expect(names(resources)).toEqual(["cluster-identity", "env-api", "inside"]);
    expect(resources.find(({ name }) => name === "cluster-identity")).toMatchObject({
      provider: "imprimatur:cluster:ExistingCluster$pulumi:providers:kubernetes::cluster",
      parent: "imprimatur:cluster:ExistingCluster::cluster",
    });
  });

  test.each([
    ["that is another one stops the update, and nothing is made in it", "c2e94d17-91b8-4f6d-b1d3-3e7a5f8c0b33", 1],
    ["that is the right one lets it go on", uid, 0],
  ])("%s", async (_, found, code) => {
    const program = join(import.meta.dirname, "fixtures/wrongCluster.ts");
    const outcome = await start(process.execPath, [program, uid, found], import.meta.dirname);

    const made = ["cluster", "cluster", "cluster-identity"];
    expect(outcome).toEqual({
      code,
      stdout: `${[...made, ...(code === 0 ? ["env", "env-api"] : [])].join("\n")}\n`,
      stderr:
        code === 0
          ? ""
          : `this is not the cluster that trust names for the stack: its kube-system has the UID ${found}, not ${uid}. Nothing was changed in it.\n`,
    });
  });

  test("is not read in a preview, which may run where the cluster cannot be reached", async () => {
    expect(names(await record(build(uid), { preview: true }))).toEqual(["env-api", "inside"]);
  });

  test("is not read where trust names none", async () => {
    expect(names(await record(build(undefined)))).toEqual(["env-api", "inside"]);
  });
});
