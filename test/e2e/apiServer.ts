import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ended, freePort, missingTools, until } from "./tools.ts";

/** Why no Kubernetes can be started here; undefined where one can. */
export const noKubernetes = missingTools("etcd", "kube-apiserver", "kube-controller-manager", "kubectl", "kwok");

/** A name that a chart's Pods can ask for as their node: nothing here schedules them. */
export const NODE = "simulated";

/**
 * A real Kubernetes API on loopback, with the real controllers. Its only node is simulated: Pods on it are ready at
 * once, and run nothing.
 */
export class ApiServer {
  /** Path of a kubeconfig for an administrator. */
  readonly kubeconfig: string;
  readonly #folder: string;
  readonly #children: ChildProcess[] = [];

  private constructor(folder: string) {
    this.#folder = folder;
    this.kubeconfig = this.#path("kubeconfig");
  }

  /** Starts it, under a context of this name. */
  static async start(context: string): Promise<ApiServer> {
    const server = new ApiServer(mkdtempSync(join(tmpdir(), "imprimatur-kubernetes-")));
    try {
      await server.#start(context);
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** What `kubectl get … -o json` answers. */
  // biome-ignore lint/suspicious/noExplicitAny: objects of every kind
  get(...args: readonly string[]): any {
    return JSON.parse(this.kubectl(["get", ...args, "-o", "json"]));
  }

  /** Runs `kubectl`, with an object or objects as its input where some are given. Throws where it fails, with what it said. */
  kubectl(args: readonly string[], ...input: readonly object[]): string {
    const { status, stdout, stderr } = this.#kubectl(args, input);
    if (status !== 0) throw new Error(stderr);
    return stdout;
  }

  /** As {@link kubectl}, for what it says besides its answer. */
  warnings(args: readonly string[], ...input: readonly object[]): string {
    return this.#kubectl(args, input).stderr;
  }

  #kubectl(args: readonly string[], input: readonly object[]) {
    const own = ["--kubeconfig", this.kubeconfig, "--cache-dir", this.#path("cache")];
    const text = input.map((object) => JSON.stringify(object)).join("\n");
    return spawnSync("kubectl", [...own, ...args], { encoding: "utf8", input: text, maxBuffer: 1 << 28 });
  }

  /** What the audit log has of changes, oldest first. */
  // biome-ignore lint/suspicious/noExplicitAny: events of every kind
  audit(): any[] {
    const lines = readFileSync(this.#path("audit.log"), "utf8").split("\n");
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#children.map(ended));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #start(context: string): Promise<void> {
    const [etcd, peers, port] = [await freePort(), await freePort(), await freePort()];
    const database = `http://127.0.0.1:${etcd}`;
    this.#spawn("etcd", {
      "data-dir": this.#path("etcd"),
      "listen-client-urls": database,
      "advertise-client-urls": database,
      "listen-peer-urls": `http://127.0.0.1:${peers}`,
      "unsafe-no-fsync": "true",
    });
    await until("etcd", async () => (await fetch(`${database}/health`)).ok);

    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const key = this.#write("service-accounts.pem", privateKey.export({ type: "pkcs8", format: "pem" }).toString());
    const token = randomUUID();
    const certificates = this.#path("certificates");
    this.#spawn("kube-apiserver", {
      "etcd-servers": database,
      "bind-address": "127.0.0.1",
      "advertise-address": "127.0.0.1",
      "secure-port": String(port),
      "cert-dir": certificates,
      "service-account-key-file": key,
      "service-account-signing-key-file": key,
      "service-account-issuer": "https://kubernetes.default.svc",
      "service-cluster-ip-range": "10.0.0.0/24",
      // No endpoints of its own: those may not be on loopback.
      "endpoint-reconciler-type": "none",
      "token-auth-file": this.#write("tokens.csv", `${token},admin,admin,system:masters\n`),
      "authorization-mode": "RBAC",
      "audit-policy-file": this.#write("audit.yaml", JSON.stringify(AUDIT_POLICY)),
      "audit-log-path": this.#path("audit.log"),
    });
    const cluster = {
      server: `https://127.0.0.1:${port}`,
      "certificate-authority": join(certificates, "apiserver.crt"),
    };
    this.#write("kubeconfig", JSON.stringify(kubeconfigOf(context, cluster, token)));
    await until("the API server", async () => this.kubectl(["get", "--raw", "/readyz"]) === "ok");

    this.#spawn("kube-controller-manager", {
      kubeconfig: this.kubeconfig,
      "service-account-private-key-file": key,
      "leader-elect": "false",
      "secure-port": "0",
    });
    const stages = [nodeReady, podReady, podGone].map((stage) => JSON.stringify(stage)).join("\n---\n");
    this.#spawn("kwok", {
      kubeconfig: this.kubeconfig,
      config: this.#write("stages.yaml", stages),
      "manage-all-nodes": "true",
      "node-ip": "127.0.0.1",
      "node-lease-duration-seconds": "40",
    });
    const node = { apiVersion: "v1", kind: "Node", metadata: { name: NODE } };
    this.kubectl(["create", "--filename", "-"], node);
    await until("the node", async () => isReady(this.get("node", NODE)));
  }

  #spawn(name: string, flags: Readonly<Record<string, string>>): void {
    const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
    const child = spawn(name, args, { cwd: this.#folder, stdio: "ignore" });
    // Whoever waits for it finds out.
    child.on("error", () => undefined);
    this.#children.push(child);
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  #write(name: string, text: string): string {
    writeFileSync(this.#path(name), text, { mode: 0o600 });
    return this.#path(name);
  }
}

/** Changes, and who made them. */
const AUDIT_POLICY = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [{ level: "Metadata", verbs: ["create", "update", "patch", "delete"] }],
};

function kubeconfigOf(name: string, cluster: object, token: string) {
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  };
}

interface Condition {
  readonly type: string;
  readonly status: string;
}

function isReady({ status }: { readonly status?: { readonly conditions?: readonly Condition[] } }): boolean {
  return (status?.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True");
}

const notReady = {
  key: '.status.conditions.[] | select( .type == "Ready" ) | .status',
  operator: "NotIn",
  values: ["True"],
};

/** What kwok makes of a node: a kubelet that is well. */
const nodeReady = stage("node-ready", "Node", {
  conditions: [{ type: "Ready", status: "True", reason: "Simulated", message: "simulated" }],
  capacity: { cpu: "64", memory: "256Gi", pods: "1000" },
  allocatable: { cpu: "64", memory: "256Gi", pods: "1000" },
});

/** What kwok makes of a Pod: one whose containers run. */
const podReady = stage("pod-ready", "Pod", {
  phase: "Running",
  conditions: ["Initialized", "ContainersReady", "Ready"].map((type) => ({ type, status: "True" })),
});

/** What kwok makes of a Pod that is to go: a kubelet has ended its containers. */
const podGone = {
  apiVersion: "kwok.x-k8s.io/v1alpha1",
  kind: "Stage",
  metadata: { name: "pod-gone" },
  spec: {
    resourceRef: { apiGroup: "v1", kind: "Pod" },
    selector: { matchExpressions: [{ key: ".metadata.deletionTimestamp", operator: "Exists" }] },
    next: { finalizers: { empty: true }, delete: true },
  },
};

function stage(name: string, kind: string, status: object) {
  return {
    apiVersion: "kwok.x-k8s.io/v1alpha1",
    kind: "Stage",
    metadata: { name },
    spec: {
      resourceRef: { apiGroup: "v1", kind },
      selector: { matchExpressions: [notReady] },
      // A template whose text is JSON, and so YAML.
      next: { statusTemplate: JSON.stringify(status) },
    },
  };
}
