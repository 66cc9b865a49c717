import { InputError } from "../release/errors.ts";
import { podFailures } from "../release/kubernetes/podFailures.ts";
import type { ClusterAccess } from "./kubernetes.ts";
import { within } from "./within.ts";

/** An update has failed already; nobody waits longer for the reason. */
const TIMEOUT_MS = 20_000;

/**
 * Why Pods in some namespaces are not ready: what is crash-looping, and what it said last. To be read when an update has
 * failed, before anything reverts it: then the Pods are gone, and their words with them.
 * @throws InputError where the cluster cannot be asked
 */
export async function failureReasons(access: ClusterAccess, namespaces: readonly string[]): Promise<string[]> {
  // Loaded when needed: the client takes half a second, which an update that succeeds need not wait for.
  const { CoreV1Api } = await import("@kubernetes/client-node");
  const { loadConfig } = await import("./kubernetes.ts");
  try {
    const config = loadConfig(access);
    const api = config.makeApiClient(CoreV1Api);
    const asked = [...namespaces].sort().map((namespace) => api.listNamespacedPod({ namespace }));
    const lists = await within(TIMEOUT_MS, Promise.all(asked));
    return lists.flatMap(({ items }) => podFailures(items));
  } catch (error) {
    const message = `cannot be asked why Pods are not ready: ${error instanceof Error ? error.message : String(error)}`;
    throw new InputError([{ file: "the cluster", path: access.context ?? "", message: message.split("\n")[0] ?? "" }]);
  }
}
