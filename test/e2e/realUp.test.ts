import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { sha256 } from "../../release/json.ts";
import type { Checkout } from "../cli/checkout.ts";
import { ClusterWithCharts, MODULES, manifestPath, noCluster } from "./clusterWithCharts.ts";

const JUDGED = ["--policy-pack", "policies"];
const NO_CLUSTER = "00000000-0000-4000-8000-000000000000";

const skipped = noCluster === undefined ? "" : ` (skipped: ${noCluster})`;

describe.skipIf(noCluster !== undefined)(`the program on a real API server${skipped}`, () => {
  let server: ClusterWithCharts;

  beforeAll(async () => {
    server = await ClusterWithCharts.start();
  });
  afterAll(() => server?.stop());

  it("makes nothing in a cluster that is not the one that trust names", async () => {
    const checkout = await platform(NO_CLUSTER);

    const { code, stdout } = await server.pulumi(checkout, "up", "--yes", ...JUDGED);

    expect(code).not.toBe(0);
    expect(stdout).toContain(
      `this is not the cluster that trust names for the stack: its kube-system has the UID ${server.uid}, not ${NO_CLUSTER}. Nothing was changed in it.`,
    );
    expect(stdout).not.toMatch(/^ +at /m);
    expect(server.namespaces).toEqual(["default", "kube-node-lease", "kube-public", "kube-system"]);
    expect(await inCluster(checkout)).toEqual([]);
  });

  it("previews and applies a platform of charts, and then finds nothing to change", async () => {
    const checkout = await platform(server.uid);

    const preview = await server.pulumi(checkout, "preview", "--json", ...JUDGED);
    expect(preview.code).toBe(0);
    expect(JSON.parse(preview.stdout).changeSummary).toEqual({ create: 18 });
    expect(server.namespaces).not.toContain("store");

    const up = await server.pulumi(checkout, "up", "--yes", ...JUDGED);
    expect(up.code).toBe(0);
    expect(up.stdout).toContain("✅ imprimatur@");
    expect(await inCluster(checkout)).toEqual([
      "kubernetes:core/v1:ConfigMap::store/release",
      "kubernetes:core/v1:ConfigMap::web/release",
      "kubernetes:core/v1:Namespace::platform-store",
      "kubernetes:core/v1:Namespace::platform-web",
      "kubernetes:helm.sh/v3:Release::store",
      "kubernetes:helm.sh/v3:Release::web",
    ]);
    for (const module of MODULES) {
      expect(server.cluster.get("namespace", module).metadata.labels).toMatchObject({ "imprimatur.dev/stack": "dev" });
      expect(server.helmRecords(module)).toEqual([{ name: module, status: "deployed", version: "1" }]);
      const { spec, status } = server.cluster.get("deployment", module, "--namespace", module);
      expect(status.readyReplicas).toBe(1);
      expect(spec.template.spec.containers[0].image).toBe(imageOf(checkout, module));
    }

    const again = await server.pulumi(checkout, "up", "--yes", "--expect-no-changes", ...JUDGED);
    expect(again.code).toBe(0);
    expect(again.stdout).toContain("18 unchanged");
    const outputs = await server.pulumi(checkout, "stack", "output", "--json");
    expect(JSON.parse(outputs.stdout)).toEqual({
      namespaces: MODULES,
      registryUrls: { app: "registry.test/app", charts: `${server.registry.host}/charts` },
      manifestDigests: Object.fromEntries(
        MODULES.map((module) => [module, `sha256:${sha256(checkout.read(manifestPath(module)))}`]),
      ),
    });
  });

  /** Type and name of what the stack's state says it has made in the cluster, sorted. */
  async function inCluster(checkout: Checkout): Promise<string[]> {
    const { stdout } = await server.pulumi(checkout, "stack", "export");
    const resources: { urn: string; external?: boolean }[] = JSON.parse(stdout).deployment.resources;
    const made = resources.filter(({ external }) => external !== true);
    const names = made.map(({ urn }) => urn.split("::").slice(2).join("::").split("$").at(-1) ?? "");
    return names.filter((name) => name.startsWith("kubernetes:")).sort();
  }

  /** The small platform, with its `dev` as a new stack. */
  async function platform(uid: string): Promise<Checkout> {
    const checkout = server.checkout(uid);
    onTestFinished(() => checkout.remove());
    expect((await server.pulumi(checkout, "stack", "init", "dev")).code).toBe(0);
    return checkout;
  }
});

function imageOf(checkout: Checkout, module: string): string {
  const { repository, digest } = JSON.parse(checkout.read(manifestPath(module))).images[module];
  return `${repository}@${digest}`;
}
