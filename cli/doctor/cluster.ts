import type { ClusterAccess } from "../../clients/kubernetes.ts";
import type { Platform } from "../../release/platform.ts";
import { accessOf } from "../clusterAccess.ts";
import { type Found, ok, problem, skipped, warning } from "./report.ts";

/** Whether the cluster that a stack's settings lead to is the one that trust names for it. */
export async function checkCluster(platform: Platform, root: string): Promise<Found> {
  const { stack, settings } = platform;
  if (settings["imprimatur:cluster"].kind === "eks") {
    return skipped("the stack makes its cluster: an update compares it with trust");
  }
  const entry = `clusterUid of ${stack.name} in catalog/trust/stacks.yaml`;
  const access = accessOf(platform, root);
  const found = "reason" in access ? access : await systemUid(access);
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

async function systemUid(access: ClusterAccess): Promise<{ readonly uid: string } | { readonly reason: string }> {
  // Loaded when needed: it is large, and only this check wants it.
  const { messageOf, openCluster } = await import("../../clients/kubernetes.ts");
  const cluster = openCluster(access);
  if ("reason" in cluster) return cluster;
  try {
    const uid = await cluster.uid();
    return uid === "" ? { reason: "it says no UID of its kube-system" } : { uid };
  } catch (error) {
    return { reason: messageOf(error) };
  }
}
