import { CoreV1Api, KubeConfig, type V1Pod } from "@kubernetes/client-node";
import type { RunningPod } from "../release/status/pods.ts";
import { within } from "./within.ts";

/** How a cluster is found: as its stack's program finds it. */
export interface ClusterAccess {
  /** Path of the kubeconfig; `KUBECONFIG` or the usual place by default. */
  readonly kubeconfig?: string | undefined;
  /** Context in it; its current one by default. */
  readonly context?: string | undefined;
  /** The cluster that this runs in, by the account of its own Pod. */
  readonly inCluster?: boolean | undefined;
}

/** A cluster that is only read from. */
export interface Cluster {
  /** UID of its namespace `kube-system`: what tells it from all others. */
  uid(): Promise<string>;
  /** Every Pod of some namespaces that has not ended. */
  pods(namespaces: readonly string[]): Promise<RunningPod[]>;
}

/** Nothing that a person waits for takes longer. */
const TIMEOUT_MS = 10_000;

/** Pods of one answer; a server may hold tens of thousands. */
const PAGE = 500;

/** Opens a cluster; the reason where the kubeconfig cannot be read or has no such context. Nothing is asked yet. */
export function openCluster(access: ClusterAccess): Cluster | { readonly reason: string } {
  let config: KubeConfig;
  try {
    config = loadConfig(access);
  } catch (error) {
    return { reason: messageOf(error) };
  }
  const api = config.makeApiClient(CoreV1Api);
  return {
    uid: async () => (await within(TIMEOUT_MS, api.readNamespace({ name: "kube-system" }))).metadata?.uid ?? "",
    pods: async (namespaces) => (await Promise.all(namespaces.map((namespace) => podsOf(api, namespace)))).flat(),
  };
}

/** Reads a kubeconfig, and takes the context that is asked for. @throws Error where it cannot be read, or has none of it */
export function loadConfig({ kubeconfig, context, inCluster }: ClusterAccess): KubeConfig {
  const config = new KubeConfig();
  try {
    if (inCluster) config.loadFromCluster();
    else if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch (error) {
    throw new Error(`the kubeconfig cannot be read: ${messageOf(error)}`);
  }
  const contexts = config.getContexts().map(({ name }) => name);
  if (context !== undefined && !contexts.includes(context)) {
    throw new Error(`the kubeconfig has no context ${context}`);
  }
  if (context !== undefined) config.setCurrentContext(context);
  return config;
}

async function podsOf(api: CoreV1Api, namespace: string): Promise<RunningPod[]> {
  const pods: V1Pod[] = [];
  let next: string | undefined;
  do {
    const page = await within(
      TIMEOUT_MS,
      api.listNamespacedPod({ namespace, limit: PAGE, ...(next === undefined ? {} : { _continue: next }) }),
    );
    pods.push(...page.items);
    next = page.metadata?._continue;
  } while (next !== undefined && next !== "");
  return pods.filter(({ status }) => status?.phase !== "Succeeded" && status?.phase !== "Failed").map(toRunning);
}

function toRunning({ metadata, spec, status }: V1Pod): RunningPod {
  const reported = [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
  const containers = [
    ...(spec?.initContainers ?? []),
    ...(spec?.containers ?? []),
    ...(spec?.ephemeralContainers ?? []),
  ].map(({ name, image = "" }) => {
    const imageId = reported.find((each) => each.name === name)?.imageID;
    return { name, image, ...(imageId ? { imageId } : {}) };
  });
  const volumes = (spec?.volumes ?? []).flatMap(({ name, image }) =>
    image?.reference === undefined ? [] : [{ name: `volume ${name}`, image: image.reference }],
  );
  return { namespace: metadata?.namespace ?? "", name: metadata?.name ?? "", containers: [...containers, ...volumes] };
}

/** What went wrong, in one line: an API server answers with a whole object. */
export function messageOf(error: unknown): string {
  const { code, body, message, cause } = error as { code?: unknown; body?: unknown; message?: string; cause?: unknown };
  if (typeof code === "number") {
    const said = /"message":"((?:[^"\\]|\\.)*)"/.exec(String(body))?.[1];
    return `the API server answered ${code}${said === undefined ? "" : `: ${said}`}`;
  }
  return cause instanceof Error && cause.message !== ""
    ? cause.message
    : ((message ?? String(error)).split("\n")[0] ?? "");
}
