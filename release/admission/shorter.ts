import { isObject } from "../json.ts";
import type { Plan, PlannedResource } from "../plan.ts";
import { diffPlans } from "../planDiff.ts";
import { GATE_NAMESPACE } from "./names.ts";

const LIST = "kubernetes:core/v1:ConfigMap";

/**
 * How many lines the lists of an admission gate have lost since its plan was approved, where that is all that differs: what
 * was revoked or has run out since. Nobody has to approve that less is let in. Undefined where anything else differs.
 */
export function linesLost(approved: Plan, desired: Plan): number | undefined {
  const [before, after] = [approved, desired].map(
    ({ resources }) => new Map(resources.map((each) => [each.urn, each])),
  );
  let lost = 0;
  for (const { op, urn, changes } of diffPlans(approved, desired)) {
    if (op === "same") continue;
    const [had, has] = [linesOf(before?.get(urn)), linesOf(after?.get(urn))];
    if (op !== "update" || had === undefined || has === undefined || !has.isSubsetOf(had)) return undefined;
    if (!changes.every(({ path }) => /^inputs\.data(\.|\[|$)/.test(path))) return undefined;
    lost += had.size - has.size;
  }
  return lost;
}

/** The lines of a list, each behind its digest; undefined for anything else. */
function linesOf(resource: PlannedResource | undefined): ReadonlySet<string> | undefined {
  if (resource?.type !== LIST) return undefined;
  const { metadata, data = {} } = resource.inputs;
  if (!isObject(metadata) || metadata.namespace !== GATE_NAMESPACE || !isObject(data)) return undefined;
  return new Set(
    Object.entries(data).flatMap(([hex, text]) =>
      String(text)
        .split("\n")
        .map((line) => `${hex} ${line}`),
    ),
  );
}
