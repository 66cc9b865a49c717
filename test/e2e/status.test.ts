import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openContext } from "../../cli/context.ts";
import { type ClusterStatus, StatusReport } from "../../cli/status/report.ts";
import { Approval } from "../cli/approval.ts";
import { ApiServer, NODE, noKubernetes } from "./apiServer.ts";

describe.skipIf(noKubernetes)(
  `status of a real cluster${noKubernetes === undefined ? "" : ` (${noKubernetes})`}`,
  () => {
    let server: ApiServer;
    let api: CoreV1Api;

    beforeAll(async () => {
      server = await ApiServer.start("prod");
      const config = new KubeConfig();
      config.loadFromFile(server.kubeconfig);
      api = config.makeApiClient(CoreV1Api);
      for (const name of ["web", "store"]) {
        await api.createNamespace({ body: { metadata: { name } } });
        // The controllers make it a moment later, and no Pod is taken before.
        await api
          .createNamespacedServiceAccount({ namespace: name, body: { metadata: { name: "default" } } })
          .catch(() => undefined);
      }
    });
    afterAll(() => server?.stop());

    async function pod(namespace: string, name: string, ...images: readonly string[]): Promise<void> {
      const containers = images.map((image, index) => ({ name: `c${index}`, image }));
      await api.createNamespacedPod({ namespace, body: { metadata: { name }, spec: { nodeName: NODE, containers } } });
    }

    async function clusterOf(checkout: Approval): Promise<{ code: number; cluster: ClusterStatus | undefined }> {
      const { code, stdout } = await checkout.verb(["status", "prod", "--kubeconfig", server.kubeconfig, "--json"]);
      return { code, cluster: StatusReport.parse(JSON.parse(stdout)).stacks[0]?.cluster };
    }

    it("says what is missing, then nothing, then which Pods run what is revoked or unlisted", async () => {
      const checkout = await new Approval().withTestedRelease();
      const { catalogue } = openContext({ directory: checkout.root });
      const image = (module: string, version: string) => {
        const { repository = "", digest = "" } = catalogue.release(module, version)?.manifest.images[module] ?? {};
        return `${repository}@${digest}`;
      };
      await checkout.record("1.0.0");
      const empty = await clusterOf(checkout);
      expect(empty.code).toBe(0);
      expect(empty.cluster?.findings.map(({ kind, where }) => `${kind} ${where}`)).toEqual([
        "missing store",
        "missing web",
      ]);

      await pod("store", "store-0", image("store", "1.0.0"));
      await pod("web", "web-0", image("web", "1.0.0"));
      expect(await clusterOf(checkout)).toEqual({
        code: 0,
        cluster: { answered: true, text: "answered, 2 Pods", pods: 2, findings: [] },
      });

      await pod("web", "web-1", image("web", "1.0.0"), image("web", "1.1.0"));
      await pod("web", "stray", "registry.test/miner:latest");
      const stray = await clusterOf(checkout);
      expect(stray.code).toBe(1);
      expect(stray.cluster?.findings.map(({ kind, where }) => `${kind} ${where}`)).toEqual([
        "undigested stray/c0",
        "unlisted web-1/c1",
      ]);

      await checkout.verb(["revoke", "web", "1.1.0", "--reason", "leaks session tokens"], "tester");
      const revoked = await clusterOf(checkout);
      expect(revoked.cluster?.findings).toContainEqual({
        kind: "revoked",
        namespace: "web",
        where: "web-1/c1",
        image: image("web", "1.1.0"),
        text: "runs web 1.1.0, revoked by tester: leaks session tokens",
      });
    });

    it("asks no other cluster than the one that trust names", async () => {
      const checkout = new Approval();
      const uid = "00000000-0000-4000-8000-000000000000";
      checkout.edit("catalog/trust/stacks.yaml", "{ class: prod, ", `{ class: prod, clusterUid: ${uid}, `);
      const { cluster } = await clusterOf(checkout);
      expect(cluster).toMatchObject({
        answered: false,
        text: expect.stringMatching(/^another cluster answers: .* names 0{8}-/),
      });
    });
  },
);
