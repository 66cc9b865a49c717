import { resolve } from "node:path";
import type { Platform } from "../../release/platform.ts";
import { type Found, ok, problem, skipped, warning } from "./report.ts";

/** Nobody waits longer for a cluster that does not answer. */
const TIMEOUT_MS = 10_000;

/** Whether the cluster that a stack's settings lead to is the one that trust names for it. */
export async function checkCluster({ stack, settings }: Platform, root: string): Promise<Found> {
  const cluster = settings["imprimatur:cluster"];
  if (cluster.kind === "eks") return skipped("the stack makes its cluster: an update compares it with trust");
  const entry = `clusterUid of ${stack.name} in catalog/trust/stacks.yaml`;
  const found = await systemUid(cluster, root);
  if ("reason" in found) {
    const next = "an update from here would fail: check the kubeconfig, the network and your login";
    return warning(`the cluster does not answer: ${found.reason}`, next);
  }
  if (stack.clusterUid === undefined) {
    return warning(
      `nothing tells this cluster from another one`,
      `set ${entry} to ${found.uid}, if it is the right one`,
    );
  }
  if (found.uid === stack.clusterUid) return ok(`the cluster is the one that trust names: ${found.uid}`);
  const message = `this is another cluster: its kube-system has the UID ${found.uid}, and trust names ${stack.clusterUid}`;
  return problem(message, `correct imprimatur:cluster in Pulumi.${stack.name}.yaml, or ${entry}`);
}

type Cluster = Extract<
  Platform["settings"]["imprimatur:cluster"],
  { readonly context?: unknown; readonly inCluster?: unknown }
>;

async function systemUid(
  { context, kubeconfig, inCluster }: Cluster,
  root: string,
): Promise<{ readonly uid: string } | { readonly reason: string }> {
  // Loaded when needed: it is large, and only this check wants it.
  const { CoreV1Api, KubeConfig } = await import("@kubernetes/client-node");
  try {
    const config = new KubeConfig();
    if (inCluster) config.loadFromCluster();
    else if (kubeconfig !== undefined) config.loadFromFile(resolve(root, "stacks", kubeconfig));
    else config.loadFromDefault();
    if (context !== undefined) {
      const names = config.getContexts().map(({ name }) => name);
      if (!names.includes(context)) return { reason: `the kubeconfig has no context ${context}` };
      config.setCurrentContext(context);
    }
    const read = config.makeApiClient(CoreV1Api).readNamespace({ name: "kube-system" });
    const late = new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error(`no answer in ${TIMEOUT_MS / 1000} seconds`)), TIMEOUT_MS).unref();
    });
    const { metadata } = await Promise.race([read, late]);
    return metadata?.uid === undefined ? { reason: "it says no UID of its kube-system" } : { uid: metadata.uid };
  } catch (error) {
    return { reason: (error as Error).message.split("\n")[0] ?? "" };
  }
}
