import { expect, test } from "vitest";
import { Cluster } from "../../components/cluster.ts";
import { record } from "./record.ts";

test("a cluster makes one provider for its context", async () => {
  const resources = await record((opts) => new Cluster("cluster", { context: "keel-dev" }, opts));

  expect(resources).toEqual([
    {
      type: "imprimatur:cluster:Cluster",
      name: "cluster",
      inputs: { context: "keel-dev" },
      dependsOn: [],
      protect: false,
    },
    {
      type: "pulumi:providers:kubernetes",
      name: "cluster",
      inputs: { context: "keel-dev", enableServerSideApply: "true", enableConfigMapMutable: "true" },
      parent: "imprimatur:cluster:Cluster::cluster",
      dependsOn: [],
      protect: false,
    },
  ]);
});

test("a kubeconfig reaches the provider", async () => {
  const resources = await record((opts) => new Cluster("c", { context: "a", kubeconfig: "/etc/kube/config" }, opts));

  expect(resources.map(({ inputs }) => inputs.kubeconfig)).toEqual(["/etc/kube/config", "/etc/kube/config"]);
});
