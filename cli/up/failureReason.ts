import { InputError } from "../../release/errors.ts";
import type { Platform } from "../../release/platform.ts";
import { accessOf } from "../clusterAccess.ts";

/** The ledger is no log: characters of a failure that it keeps. */
const MAX_LENGTH = 2000;

/**
 * Why an update failed: what Pods that are not ready say, before anything takes them away, and what the engine says. A
 * cluster that cannot be asked takes nothing from the rest.
 */
export async function failureReason(platform: Platform, root: string, problems: readonly string[]): Promise<string> {
  const said = await podsSay(platform, root);
  return [...said, ...problems].join("\n").slice(0, MAX_LENGTH);
}

async function podsSay(platform: Platform, root: string): Promise<readonly string[]> {
  const access = accessOf(platform, root);
  if ("reason" in access) return [];
  const namespaces = new Set([...platform.modules.values()].map(({ module }) => module.namespace));
  const { failureReasons } = await import("../../clients/failureReasons.ts");
  try {
    return await failureReasons(access, [...namespaces]);
  } catch (error) {
    if (error instanceof InputError) return [];
    throw error;
  }
}
