import { resolve } from "node:path";
import type { ClusterAccess } from "../clients/kubernetes.ts";
import type { Platform } from "../release/platform.ts";

/** How a stack's cluster is reached, where its settings do not say so or the kubeconfig calls it something else. */
export interface ClusterOptions {
  readonly kubeconfig?: string;
  /** Context by stack. */
  readonly contexts: ReadonlyMap<string, string>;
}

/** How the cluster of a stack is found; the reason where its settings do not tell. @param root of the checkout */
export function accessOf(
  { stack, settings }: Platform,
  root: string,
  { kubeconfig, contexts }: ClusterOptions = { contexts: new Map() },
): ClusterAccess | { readonly reason: string } {
  const cluster = settings["imprimatur:cluster"];
  const context = contexts.get(stack.name);
  if (context !== undefined) return { context, kubeconfig };
  if (cluster.kind === "eks")
    return { reason: `name its context in the kubeconfig: --context ${stack.name}=<context>` };
  if (cluster.inCluster) return kubeconfig === undefined ? { inCluster: true } : { kubeconfig };
  // The program runs in its own folder, and a path in its settings begins there.
  const own = cluster.kubeconfig === undefined ? undefined : resolve(root, "stacks", cluster.kubeconfig);
  return { context: cluster.context, kubeconfig: kubeconfig ?? own };
}
