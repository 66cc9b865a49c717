import { ApiServer, JOB_NAME, NODE, noKubernetes, OWN_WAY, stage } from "./apiServer.ts";
import { type Driver, EngineDriver, type Place } from "./drivers.ts";
import { PlanDriver } from "./planDriver.ts";
import { RegistryServer } from "./registryServer.ts";
import { missingTools } from "./tools.ts";

/** Why nothing can be applied here, whatever applies it; undefined where it can. */
export const noStrategies = missingTools("docker-registry", "helm") ?? noKubernetes;

const noEngine = missingTools("pulumi", "pulumi-resource-kubernetes");

/** What strategies are tried with: the real engine where it is there, else the plan's own manifests. */
export const TRIED =
  noEngine === undefined
    ? { by: "by the real engine", driver: (place: Place): Driver => new EngineDriver(place) }
    : { by: `by the plan's own manifests: ${noEngine}`, driver: (place: Place): Driver => new PlanDriver(place) };

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

/** A cluster with routes, whose Pods may crash and whose checks may fail, and a registry for the charts. */
export class StrategyCluster {
  readonly cluster: ApiServer;
  readonly registry: RegistryServer;
  readonly driver = TRIED.driver;

  private constructor(cluster: ApiServer, registry: RegistryServer) {
    this.cluster = cluster;
    this.registry = registry;
  }

  static async start(): Promise<StrategyCluster> {
    const registry = await RegistryServer.start();
    const stages = [crashing, ended("check-passes", "Succeeded", "NotIn"), ended("check-fails", "Failed", "In")];
    const cluster = await ApiServer.start("dev", stages);
    cluster.apply(...ROUTES, ...SCHEDULER);
    return new StrategyCluster(cluster, registry);
  }

  async stop(): Promise<void> {
    await this.cluster.stop();
    this.registry.stop();
  }

  /** The releases of the Pods of a namespace. */
  running(namespace: string): (string | undefined)[] {
    return this.#pods(namespace).map(releaseOf);
  }

  /** The releases of the Pods that are ready. */
  serving(namespace: string): (string | undefined)[] {
    const isReady = ({ status }: Pod) =>
      status.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
    return this.#pods(namespace).filter(isReady).map(releaseOf);
  }

  /** The Services behind a route, each with its share. */
  traffic(name: string): [string, number][] {
    const { spec } = this.cluster.get("httproute", name, "--namespace", name);
    return spec.rules[0].backendRefs.map((ref: { name: string; weight: number }) => [ref.name, ref.weight]);
  }

  /** Pods that each Deployment of a namespace has ready. */
  replicas(namespace: string): Record<string, number> {
    const { items } = this.cluster.get("deployments", "--namespace", namespace);
    return Object.fromEntries(
      items.map(({ metadata, status }: { metadata: { name: string }; status: { readyReplicas?: number } }) => [
        metadata.name,
        status.readyReplicas ?? 0,
      ]),
    );
  }

  #pods(namespace: string): Pod[] {
    return this.cluster.get("pods", "--namespace", namespace, "--selector", "app").items;
  }
}

interface Pod {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

function releaseOf({ metadata }: Pod): string | undefined {
  return metadata.annotations?.["imprimatur.dev/release"];
}

/** A chart of one Deployment, called after the Helm release. */
export function chart({ strategy = "", crash = false }): Record<string, string> {
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

/** The Service of such a chart. */
export const service = `apiVersion: v1
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
