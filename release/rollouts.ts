import { isObject } from "./json.ts";
import type { ChartObject, Inventory } from "./schema/predicates.ts";

/** What Kubernetes takes where a Deployment says nothing. */
const DEFAULT_UNAVAILABLE = "25%";

/** How a Deployment replaces its Pods; undefined for an object of another kind. */
export function rolloutOf({ kind, spec }: Readonly<Record<string, unknown>>): ChartObject["rollout"] {
  if (kind !== "Deployment") return undefined;
  const { strategy } = isObject(spec) ? spec : {};
  const { type, rollingUpdate } = isObject(strategy) ? strategy : {};
  if (type === "Recreate") return { type };
  const { maxUnavailable = DEFAULT_UNAVAILABLE } = isObject(rollingUpdate) ? rollingUpdate : {};
  return { type: "RollingUpdate", maxUnavailable: String(maxUnavailable) };
}

/**
 * Why a chart does not keep its old Pods until new ones are ready, as a module that shows its crashes needs it. Empty where
 * it does, and for an inventory that does not say how Pods are replaced: older ones do not.
 */
export function servingProblems({ objects = [] }: Inventory): string[] {
  return objects.flatMap(({ kind, name, rollout }) => {
    if (rollout === undefined) return [];
    const words = `${kind} ${name}`;
    if (rollout.type === "Recreate") return [`${words} ends all old Pods before it starts new ones (Recreate)`];
    return /^0%?$/.test(rollout.maxUnavailable)
      ? []
      : [`${words} may end old Pods before new ones are ready (maxUnavailable ${rollout.maxUnavailable})`];
  });
}
