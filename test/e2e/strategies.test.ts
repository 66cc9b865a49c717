import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { failureReasons } from "../../clients/failureReasons.ts";
import { ApiServer, JOB_NAME, NODE, noKubernetes, OWN_WAY, stage } from "./apiServer.ts";
import { PulumiPlatform } from "./pulumiPlatform.ts";
import { RegistryServer } from "./registryServer.ts";
import { missingTools } from "./tools.ts";

const missing = missingTools("pulumi", "pulumi-resource-kubernetes", "docker-registry", "helm") ?? noKubernetes;
const skipped = missing === undefined ? "" : ` (skipped: ${missing})`;

// Charts are waited for, and processes started; all of it takes long on a busy machine.
vi.setConfig({ testTimeout: 900_000 });

/** What a kubelet makes of containers that end as soon as they are started: none is ever ready. */
const crashing = stage(
  "pod-crashes",
  "Pod",
  {
    phase: "Running",
    conditions: ["ContainersReady", "Ready"].map((type) => ({ type, status: "False", reason: "ContainersNotReady" })),
    containerStatuses: [
      {
        name: "main",
        image: "simulated",
        imageID: "",
        ready: false,
        restartCount: 4,
        state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 1m20s restarting failed container" } },
        lastState: { terminated: { exitCode: 1, reason: "Error", message: "conditions 1.1.0 were not found" } },
      },
    ],
  },
  [
    { key: `.metadata.annotations["${OWN_WAY}"]`, operator: "In", values: ["crash"] },
    { key: ".status.phase", operator: "NotIn", values: ["Running"] },
  ],
);

/** Checks of web 1.3.0 fail, all others pass. */
const RELEASE = '.metadata.annotations["imprimatur.dev/release"]';
const ended = (name: string, phase: string, operator: "In" | "NotIn") =>
  stage(name, "Pod", { phase, conditions: [{ type: "Ready", status: "False", reason: "PodCompleted" }] }, [
    { key: JOB_NAME, operator: "Exists" },
    { key: ".status.phase", operator: "NotIn", values: ["Succeeded", "Failed"] },
    { key: RELEASE, operator, values: ["web 1.3.0"] },
  ]);

describe.skipIf(missing !== undefined)(`strategies on a real API server${skipped}`, () => {
  let cluster: ApiServer;
  let registry: RegistryServer;

  beforeAll(async () => {
    registry = await RegistryServer.start();
    const stages = [crashing, ended("check-passes", "Succeeded", "NotIn"), ended("check-fails", "Failed", "In")];
    cluster = await ApiServer.start("dev", stages);
    cluster.apply(...ROUTES, ...SCHEDULER);
  });
  afterAll(async () => {
    await cluster?.stop();
    registry?.stop();
  });

  it("leaves the old Pods serving where the new ones crash, to be seen, until it is taken back", async () => {
    const modules = { conditions: { atomic: false } };
    const platform = new PulumiPlatform(cluster, registry, modules, {});
    const rolling = { strategy: "strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } }" };
    await platform.release({ module: "conditions", version: "1.0.0", templates: chart(rolling) });
    await platform.release({ module: "conditions", version: "1.1.0", templates: chart({ ...rolling, crash: true }) });
    expect(await platform.pulumi("stack", "init", "dev")).toMatchObject({ code: 0 });
    platform.pin("conditions", "1.0.0");
    await platform.applied();
    await platform.ran("conditions", "1.0.0");
    expect(serving("conditions")).toEqual(["conditions 1.0.0", "conditions 1.0.0"]);

    platform.pin("conditions", "1.1.0", "1.0.0");
    platform.patience("conditions", 15);
    const up = await platform.up();
    platform.patience("conditions", 240);

    expect(up.code).not.toBe(0);
    expect(serving("conditions")).toEqual(["conditions 1.0.0", "conditions 1.0.0"]);
    expect(pods("conditions").filter((pod) => releaseOf(pod) === "conditions 1.1.0")).toHaveLength(1);

    // The simulated kubelet takes its time to tell.
    const reasons = () => failureReasons({ kubeconfig: cluster.kubeconfig }, ["conditions"]);
    await vi.waitFor(async () => expect(await reasons()).not.toEqual([]), { timeout: 240_000, interval: 1000 });
    expect(await reasons()).toEqual([
      expect.stringMatching(
        /^conditions\/conditions-\w+-\w+ main: CrashLoopBackOff; ended with 1: conditions 1\.1\.0 were not found, started 5 times$/,
      ),
    ]);

    const rollback = await platform.verb(rollbackOf("conditions"), "operator");
    expect(rollback).toMatchObject({ code: 0, stderr: "" });
    await platform.applied();
    expect(serving("conditions")).toEqual(["conditions 1.0.0", "conditions 1.0.0"]);
    const gone = () => expect(pods("conditions").map(releaseOf)).not.toContain("conditions 1.1.0");
    await vi.waitFor(gone, { timeout: 240_000, interval: 1000 });
  });

  it("moves traffic to a slot that is ready and has passed its check, leaves it where one is not, and moves it back", async () => {
    const sanity = { image: "web", command: ["/check"], owner: "sre", timeoutSeconds: 240, bakeSeconds: 2 };
    const web = { strategy: "slot", route: { port: 80 }, scaleDown: "replicaCount", sanity };
    const routes = { web: { gateway: { name: "public" }, hostnames: ["web.test"] } };
    const platform = new PulumiPlatform(cluster, registry, { web }, { "imprimatur:routes": routes });
    for (const version of ["1.0.0", "1.1.0", "1.2.0", "1.3.0"]) {
      await platform.release({
        module: "web",
        version,
        templates: { ...chart({ crash: version === "1.2.0" }), service },
      });
    }
    expect(await platform.pulumi("stack", "init", "dev")).toMatchObject({ code: 0 });
    platform.pin("web", "1.0.0");
    await platform.applied();
    await platform.ran("web", "1.0.0");
    const [first = ""] = platform.slots("web");
    expect(traffic("web")).toEqual([[first, 100]]);

    platform.pin("web", "1.1.0", "1.0.0");
    await platform.applied();
    await platform.ran("web", "1.1.0");
    const [second = ""] = platform.slots("web");
    expect(traffic("web")).toEqual([[second, 100]]);
    expect(replicas("web")).toEqual({ [first]: 0, [second]: 2 });
    expect(await platform.pulumi("preview", "--expect-no-changes")).toMatchObject({ code: 0 });

    // One that crashes is not even checked.
    platform.pin("web", "1.2.0", "1.1.0");
    platform.patience("web", 15);
    expect((await platform.up()).code).not.toBe(0);
    platform.patience("web", 240);
    expect(traffic("web")).toEqual([[second, 100]]);
    expect(replicas("web")).toEqual({ [first]: 0, [second]: 2 });

    // One that gets ready and fails its check has no traffic either.
    platform.pin("web", "1.3.0", "1.1.0");
    const failed = await platform.up();
    expect(failed.code).not.toBe(0);
    const [fourth = ""] = platform.slots("web");
    expect(cluster.get("job", `${fourth}-sanity`, "--namespace", "web").status.failed).toBe(1);
    expect(traffic("web")).toEqual([[second, 100]]);
    expect(replicas("web")).toMatchObject({ [second]: 2, [fourth]: 2 });

    const back = await platform.verb(rollbackOf("web"), "operator");
    expect(back).toMatchObject({ code: 0, stderr: "" });
    expect(back.stdout).toContain("1. web 1.3.0 → 1.1.0");
    await platform.applied();
    expect(traffic("web")).toEqual([[second, 100]]);
    await platform.ran("web", "1.1.0");

    const further = await platform.verb(rollbackOf("web"), "operator");
    expect(further.stdout).toContain("1. web 1.1.0 → 1.0.0");
    await platform.applied();
    expect(traffic("web")).toEqual([[first, 100]]);
    expect(replicas("web")).toEqual({ [first]: 2 });
  });

  function pods(namespace: string): Pod[] {
    return cluster.get("pods", "--namespace", namespace, "--selector", "app").items;
  }

  /** The releases of the Pods that are ready. */
  function serving(namespace: string): (string | undefined)[] {
    const isReady = ({ status }: Pod) =>
      status.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
    return pods(namespace).filter(isReady).map(releaseOf);
  }

  /** The Services behind a route, each with its share. */
  function traffic(name: string): [string, number][] {
    const { spec } = cluster.get("httproute", name, "--namespace", name);
    return spec.rules[0].backendRefs.map((ref: { name: string; weight: number }) => [ref.name, ref.weight]);
  }

  /** Pods that each Deployment of a namespace has ready. */
  function replicas(namespace: string): Record<string, number> {
    const { items } = cluster.get("deployments", "--namespace", namespace);
    return Object.fromEntries(
      items.map(({ metadata, status }: { metadata: { name: string }; status: { readyReplicas?: number } }) => [
        metadata.name,
        status.readyReplicas ?? 0,
      ]),
    );
  }
});

interface Pod {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

function releaseOf({ metadata }: Pod): string | undefined {
  return metadata.annotations?.["imprimatur.dev/release"];
}

function rollbackOf(module: string): string[] {
  return ["rollback", module, "--stack", "dev", "--engine", "offline", "--reason", "it does not get ready"];
}

/** A chart of one Deployment, called after the Helm release. */
function chart({ strategy = "", crash = false }): Record<string, string> {
  const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: { name: {{ .Release.Name }} }
spec:
  replicas: {{ ternary .Values.replicaCount 2 (hasKey .Values "replicaCount") }}
  selector: { matchLabels: { app: {{ .Release.Name }} } }
  ${strategy}
  template:
    metadata:
      labels: { app: {{ .Release.Name }} }
      annotations:
        ${OWN_WAY}: ${crash ? "crash" : "none"}
        {{- toYaml .Values.podAnnotations | nindent 8 }}
    spec:
      containers:
        - { name: main, image: {{ .Values.image | quote }} }
`;
  return { deployment };
}

const service = `apiVersion: v1
kind: Service
metadata: { name: {{ .Release.Name }} }
spec: { selector: { app: {{ .Release.Name }} }, ports: [{ port: 80 }] }
`;

/** As much of the Gateway API as a route needs to be stored. */
const ROUTES = [
  {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: "httproutes.gateway.networking.k8s.io",
      annotations: { "api-approved.kubernetes.io": "unapproved, a test's own" },
    },
    spec: {
      group: "gateway.networking.k8s.io",
      scope: "Namespaced",
      names: { kind: "HTTPRoute", plural: "httproutes", singular: "httproute" },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: "object",
              properties: { spec: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
            },
          },
        },
      ],
    },
  },
];

/** Nothing schedules Pods here: the API server itself puts each on the one node. */
const SCHEDULER = [
  {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingAdmissionPolicy",
    metadata: { name: "scheduler" },
    spec: {
      failurePolicy: "Fail",
      reinvocationPolicy: "Never",
      matchConstraints: {
        resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], resources: ["pods"], operations: ["CREATE"] }],
      },
      mutations: [
        {
          patchType: "ApplyConfiguration",
          applyConfiguration: { expression: `Object{spec: Object.spec{nodeName: "${NODE}"}}` },
        },
      ],
    },
  },
  {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingAdmissionPolicyBinding",
    metadata: { name: "scheduler" },
    spec: { policyName: "scheduler" },
  },
];
