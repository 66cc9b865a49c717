import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PEOPLE_FILE } from "../../cli/approve/people.ts";
import type { CliExit } from "../../engine/pulumiCli.ts";
import { prettyJson, sha256 } from "../../release/json.ts";
import { newKeyPair } from "../../signing/pem.ts";
import { Checkout, platformFiles, start } from "../cli/checkout.ts";
import { ApiServer, NODE, noKubernetes } from "./apiServer.ts";
import { runPulumi } from "./pulumiCommand.ts";
import { RegistryServer } from "./registryServer.ts";
import { missingTools } from "./tools.ts";

/** Why the program cannot be applied for real here; undefined where it can. */
export const noCluster =
  missingTools("pulumi", "pulumi-resource-kubernetes", "docker-registry", "helm") ?? noKubernetes;

/** The modules of the small platform. */
export const MODULES = ["store", "web"];

const SECRET = "a passphrase";

/** A real API server, a registry with the charts of the small platform, and checkouts whose `dev` is on that cluster. */
export class ClusterWithCharts {
  readonly cluster: ApiServer;
  readonly registry: RegistryServer;
  readonly #folder: string;
  /** Digests, by module. */
  readonly #charts = new Map<string, string>();
  readonly #keys = newKeyPair(SECRET);

  private constructor(folder: string, cluster: ApiServer, registry: RegistryServer) {
    this.#folder = folder;
    this.cluster = cluster;
    this.registry = registry;
  }

  static async start(): Promise<ClusterWithCharts> {
    const folder = mkdtempSync(join(tmpdir(), "imprimatur-up-"));
    const registry = await RegistryServer.start();
    const started = new ClusterWithCharts(folder, await ApiServer.start("dev"), registry);
    writeFileSync(started.#key, started.#keys.privateKeyPem, { mode: 0o600 });
    for (const module of MODULES) started.#charts.set(module, await started.#pushChart(module));
    return started;
  }

  async stop(): Promise<void> {
    await this.cluster.stop();
    this.registry.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get uid(): string {
    return this.cluster.get("namespace", "kube-system").metadata.uid;
  }

  get namespaces(): string[] {
    return this.cluster.get("namespaces").items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
  }

  /** Runs `kubectl` as an administrator. */
  kubectl(...args: readonly string[]): void {
    execFileSync("kubectl", ["--kubeconfig", this.cluster.kubeconfig, ...args], { stdio: "pipe" });
  }

  /** Name, status and revision of every record that Helm keeps in a namespace. */
  helmRecords(namespace: string): { name: string; status: string; version: string }[] {
    const { items } = this.cluster.get("secrets", "--namespace", namespace, "--selector", "owner=helm");
    return items.map(({ metadata: { labels } }: { metadata: { labels: Record<string, string> } }) => ({
      name: labels.name,
      status: labels.status,
      version: labels.version,
    }));
  }

  /** The small platform, with its `dev` on the cluster, and charts that can be had. It has no state yet. */
  checkout(uid = this.uid): Checkout {
    const checkout = new Checkout(platformFiles()).withProgram();
    const pins = MODULES.map((module) => {
      const manifest = JSON.parse(checkout.read(manifestPath(module)));
      const text = prettyJson({ ...manifest, chart: { ...manifest.chart, digest: this.#charts.get(module) } });
      checkout.write(manifestPath(module), text);
      return `    ${module}: [1.0.0@sha256:${sha256(text)}]\n`;
    });
    checkout.write("catalog/trust/stacks.yaml", `stacks: { dev: { class: dev, clusterUid: ${uid} } }\n`);
    const stackFile = `config:
  imprimatur:cluster: { context: dev }
  imprimatur:registries:
    app: { url: registry.test/app }
    charts: { url: ${this.registry.host}/charts, mirrors: registry.test/charts }
  imprimatur:modules:
${pins.join("")}`;
    checkout.write("Pulumi.dev.yaml", stackFile);
    checkout.write(".gitignore", "node_modules\n.pulumi-state/\n");
    checkout.write(PEOPLE_FILE, peopleWith(this.#keys.publicKeyPem));
    rmSync(join(checkout.root, "Pulumi.prod.yaml"));
    mkdirSync(stateOf(checkout));
    return checkout;
  }

  /** Runs the Pulumi CLI in a checkout. */
  pulumi(checkout: Checkout, ...args: readonly string[]): Promise<CliExit> {
    return runPulumi(checkout.root, this.environment(checkout), args);
  }

  /** What a process needs to work on a checkout's stack, and to sign as the pipeline. */
  environment(checkout: Checkout): Record<string, string> {
    return {
      ...this.#helmFolders(),
      KUBECONFIG: this.cluster.kubeconfig,
      PULUMI_HOME: join(this.#folder, "pulumi"),
      PULUMI_BACKEND_URL: `file://${stateOf(checkout)}`,
      PULUMI_CONFIG_PASSPHRASE: SECRET,
      IMPRIMATUR_KEY: this.#key,
      IMPRIMATUR_PASSPHRASE: SECRET,
    };
  }

  get #key(): string {
    return join(this.#folder, "pipeline.pem");
  }

  /** Packs a chart of one Deployment, and pushes it. Returns its digest. */
  async #pushChart(name: string): Promise<string> {
    const source = new Checkout({
      "Chart.yaml": JSON.stringify({ apiVersion: "v2", name, version: "1.0.0" }),
      "templates/deployment.yaml": deployment(name),
    });
    onFailure(await start("helm", ["package", source.root], this.#folder, this.#helmFolders()));
    source.remove();
    const push = ["push", `${name}-1.0.0.tgz`, `oci://${this.registry.host}/charts`, "--plain-http"];
    const { stdout, stderr } = onFailure(await start("helm", push, this.#folder, this.#helmFolders()));
    return /Digest: (sha256:[0-9a-f]{64})/.exec(stdout + stderr)?.[1] ?? "";
  }

  /** What Helm keeps for a user is the test's own here. */
  #helmFolders(): Record<string, string> {
    const kinds = ["CACHE", "CONFIG", "DATA"];
    return Object.fromEntries(kinds.map((kind) => [`HELM_${kind}_HOME`, join(this.#folder, "helm", kind)]));
  }
}

/** The folder of a checkout's file backend. */
function stateOf(checkout: Checkout): string {
  return join(checkout.root, ".pulumi-state");
}

/** The folder of the locks of a stack, below the root of its checkout. */
export function locksOf(stack: string): string {
  return `.pulumi-state/.pulumi/locks/organization/imprimatur/${stack}`;
}

/** Waits until an update applies something in a stack, or has ended. Whoever looks for locks takes one for a moment: its own stays. */
export async function untilApplying(checkout: Checkout, stack: string, hasEnded: () => boolean): Promise<void> {
  const folder = join(checkout.root, locksOf(stack));
  const lock = () => (existsSync(folder) ? readdirSync(folder).find((name) => name.endsWith(".json")) : undefined);
  for (let seen = lock(), times = 0; times < LASTING && !hasEnded(); ) {
    await sleep(20);
    const now = lock();
    times = now !== undefined && now === seen ? times + 1 : 0;
    seen = now;
  }
}

/** How many times a lock is seen again until it is that of an update. */
const LASTING = 25;

/** Path of the manifest of a module's release. */
export function manifestPath(module: string): string {
  return `catalog/releases/${module}/1.0.0.json`;
}

function onFailure(exit: CliExit): CliExit {
  if (exit.code !== 0) throw new Error(exit.stderr);
  return exit;
}

/** People of whom the pipeline may sign what is applied, by this key. */
export function peopleWith(publicKeyPem: string): string {
  const keys = [{ from: "2020-01-01T00:00:00Z", pem: publicKeyPem }];
  return JSON.stringify({
    people: { somebody: { name: "Somebody" }, pipeline: { name: "Pipeline", keys } },
    roles: {
      team: { description: "owns it", members: [{ person: "somebody" }] },
      ci: { description: "applies it", members: [{ person: "pipeline" }], may: ["record"] },
    },
  });
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
