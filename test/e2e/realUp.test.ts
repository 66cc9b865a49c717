import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type CliExit, cliEnvironment, findCli } from "../../engine/pulumiCli.ts";
import { prettyJson, sha256 } from "../../release/json.ts";
import { Checkout, platformFiles, start } from "../cli/checkout.ts";
import { ApiServer, NODE, noKubernetes } from "./apiServer.ts";
import { RegistryServer } from "./registryServer.ts";
import { missingTools } from "./tools.ts";

const MODULES = ["store", "web"];
const JUDGED = ["--policy-pack", "policies"];
const NO_CLUSTER = "00000000-0000-4000-8000-000000000000";

const missing = missingTools("pulumi", "pulumi-resource-kubernetes", "docker-registry", "helm") ?? noKubernetes;
const skipped = missing === undefined ? "" : ` (skipped: ${missing})`;

describe.skipIf(missing !== undefined)(`the program on a real API server${skipped}`, () => {
  let folder: string;
  let cluster: ApiServer;
  let registry: RegistryServer;
  /** Digests, by module. */
  const charts = new Map<string, string>();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "imprimatur-up-"));
    registry = await RegistryServer.start();
    for (const module of MODULES) charts.set(module, await pushChart(module));
    cluster = await ApiServer.start("dev");
  });
  afterAll(async () => {
    await cluster?.stop();
    registry?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("makes nothing in a cluster that is not the one that trust names", async () => {
    const checkout = await platform(NO_CLUSTER);

    const { code, stdout } = await pulumi(checkout, "up", "--yes", ...JUDGED);

    expect(code).not.toBe(0);
    expect(stdout).toContain(
      `this is not the cluster that trust names for the stack: its kube-system has the UID ${clusterUid()}, not ${NO_CLUSTER}. Nothing was changed in it.`,
    );
    expect(namespaces()).toEqual(["default", "kube-node-lease", "kube-public", "kube-system"]);
    expect(await inCluster(checkout)).toEqual([]);
  });

  it("previews and applies a platform of charts, and then finds nothing to change", async () => {
    const checkout = await platform(clusterUid());

    const preview = await pulumi(checkout, "preview", "--json", ...JUDGED);
    expect(preview.code).toBe(0);
    expect(JSON.parse(preview.stdout).changeSummary).toEqual({ create: 18 });
    expect(namespaces()).not.toContain("store");

    const up = await pulumi(checkout, "up", "--yes", ...JUDGED);
    expect(up.code).toBe(0);
    expect(up.stdout).toContain("✅ imprimatur@");
    expect(await inCluster(checkout)).toEqual([
      "kubernetes:core/v1:ConfigMap::store",
      "kubernetes:core/v1:ConfigMap::web",
      "kubernetes:core/v1:Namespace::platform-store",
      "kubernetes:core/v1:Namespace::platform-web",
      "kubernetes:helm.sh/v3:Release::store",
      "kubernetes:helm.sh/v3:Release::web",
    ]);
    for (const module of MODULES) {
      expect(cluster.get("namespace", module).metadata.labels).toMatchObject({ "imprimatur.dev/stack": "dev" });
      const { items } = cluster.get("secrets", "--namespace", module, "--selector", "owner=helm");
      expect(items).toEqual([
        expect.objectContaining({
          type: "helm.sh/release.v1",
          metadata: expect.objectContaining({
            name: `sh.helm.release.v1.${module}.v1`,
            labels: expect.objectContaining({ name: module, status: "deployed", version: "1" }),
          }),
        }),
      ]);
      const { spec, status } = cluster.get("deployment", module, "--namespace", module);
      expect(status.readyReplicas).toBe(1);
      expect(spec.template.spec.containers[0].image).toBe(imageOf(checkout, module));
    }

    const again = await pulumi(checkout, "up", "--yes", "--expect-no-changes", ...JUDGED);
    expect(again.code).toBe(0);
    expect(again.stdout).toContain("18 unchanged");
    const outputs = await pulumi(checkout, "stack", "output", "--json");
    expect(JSON.parse(outputs.stdout)).toEqual({
      namespaces: MODULES,
      registryUrls: { app: "registry.test/app", charts: `${registry.host}/charts` },
      manifestDigests: Object.fromEntries(
        MODULES.map((module) => [module, `sha256:${sha256(checkout.read(manifestPath(module)))}`]),
      ),
    });
  });

  function clusterUid(): string {
    return cluster.get("namespace", "kube-system").metadata.uid;
  }

  function namespaces(): string[] {
    return cluster.get("namespaces").items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
  }

  /** Type and name of what the stack's state says it has made in the cluster, sorted. */
  async function inCluster(checkout: Checkout): Promise<string[]> {
    const { stdout } = await pulumi(checkout, "stack", "export");
    const resources: { urn: string; external?: boolean }[] = JSON.parse(stdout).deployment.resources;
    const made = resources.filter(({ external }) => external !== true);
    const names = made.map(({ urn }) => urn.split("::").slice(2).join("::").split("$").at(-1) ?? "");
    return names.filter((name) => name.startsWith("kubernetes:")).sort();
  }

  /** The small platform, with its `dev` as a new stack on the cluster, and charts that can be had. */
  async function platform(uid: string): Promise<Checkout> {
    const checkout = new Checkout(platformFiles()).withProgram();
    onTestFinished(() => checkout.remove());
    const pins = MODULES.map((module) => {
      const manifest = JSON.parse(checkout.read(manifestPath(module)));
      const text = prettyJson({ ...manifest, chart: { ...manifest.chart, digest: charts.get(module) } });
      checkout.write(manifestPath(module), text);
      return `    ${module}: [1.0.0@sha256:${sha256(text)}]\n`;
    });
    checkout.write("catalog/trust/stacks.yaml", `stacks: { dev: { class: dev, clusterUid: ${uid} } }\n`);
    const stackFile = `config:
  imprimatur:cluster: { context: dev }
  imprimatur:registries:
    app: { url: registry.test/app }
    charts: { url: ${registry.host}/charts, mirrors: registry.test/charts }
  imprimatur:modules:
${pins.join("")}`;
    checkout.write("Pulumi.dev.yaml", stackFile);
    rmSync(join(checkout.root, "Pulumi.prod.yaml"));
    mkdirSync(stateOf(checkout));
    expect((await pulumi(checkout, "stack", "init", "dev")).code).toBe(0);
    return checkout;
  }

  function pulumi(checkout: Checkout, ...args: readonly string[]): Promise<CliExit> {
    const env = cliEnvironment(process.env, {
      ...helmFolders(),
      KUBECONFIG: cluster.kubeconfig,
      PULUMI_HOME: join(folder, "pulumi"),
      PULUMI_BACKEND_URL: `file://${stateOf(checkout)}`,
      PULUMI_CONFIG_PASSPHRASE: "a passphrase",
    });
    const cli = findCli(env);
    if (cli === undefined) throw new Error("there is no Pulumi CLI");
    return cli.run(args, { cwd: checkout.root, env });
  }

  /** Packs a chart of one Deployment, and pushes it. Returns its digest. */
  async function pushChart(name: string): Promise<string> {
    const source = new Checkout({
      "Chart.yaml": JSON.stringify({ apiVersion: "v2", name, version: "1.0.0" }),
      "templates/deployment.yaml": deployment(name),
    });
    onHelmFailure(await start("helm", ["package", source.root], folder, helmFolders()));
    source.remove();
    const push = ["push", `${name}-1.0.0.tgz`, `oci://${registry.host}/charts`, "--plain-http"];
    const { stdout, stderr } = onHelmFailure(await start("helm", push, folder, helmFolders()));
    return /Digest: (sha256:[0-9a-f]{64})/.exec(stdout + stderr)?.[1] ?? "";
  }

  /** What Helm keeps for a user is the test's own here. */
  function helmFolders(): Record<string, string> {
    const kinds = ["CACHE", "CONFIG", "DATA"];
    return Object.fromEntries(kinds.map((kind) => [`HELM_${kind}_HOME`, join(folder, "helm", kind)]));
  }
});

function stateOf(checkout: Checkout): string {
  return join(checkout.root, ".state");
}

function manifestPath(module: string): string {
  return `catalog/releases/${module}/1.0.0.json`;
}

function imageOf(checkout: Checkout, module: string): string {
  const { repository, digest } = JSON.parse(checkout.read(manifestPath(module))).images[module];
  return `${repository}@${digest}`;
}

function onHelmFailure(exit: CliExit): CliExit {
  if (exit.code !== 0) throw new Error(exit.stderr);
  return exit;
}

function deployment(name: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      nodeName: ${NODE}
      containers:
        - { name: main, image: {{ .Values.pod.image | quote }} }
`;
}
