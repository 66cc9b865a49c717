import { isObject } from "../json.ts";
import { type PodSpec, podSpecs } from "../kubernetes/podSpecs.ts";
import { selects } from "../kubernetes/selector.ts";
import { isUnknown } from "../unknown.ts";
import type { Violation } from "../verdict.ts";

/** An object of a stack, and the namespace that it is in; undefined where that cannot be known yet. */
export interface PlacedObject {
  readonly type: string;
  readonly urn: string;
  readonly namespace: string | undefined;
  readonly props: Readonly<Record<string, unknown>>;
}

const WORKLOAD = /^kubernetes:apps\/\w+:(Deployment|StatefulSet)$/;
const BUDGET = /^kubernetes:policy\/\w+:PodDisruptionBudget$/;
const AUTOSCALER = /^kubernetes:autoscaling\/\w+:HorizontalPodAutoscaler$/;

/**
 * What has more than one replica, so that it survives the loss of one, has a budget that keeps a drained node from taking
 * them all at once. One violation for each Deployment and StatefulSet that no PodDisruptionBudget selects.
 */
export function judgeBudgets(objects: readonly PlacedObject[]): Violation[] {
  const budgets = objects.filter(({ type }) => BUDGET.test(type));
  const scalers = objects.filter(({ type }) => AUTOSCALER.test(type));
  return objects
    .filter(({ type }) => WORKLOAD.test(type))
    .flatMap((workload): Violation[] => {
      const replicas = replicasOf(workload, scalers);
      if (replicas !== undefined && replicas <= 1) return [];
      const [pod] = podSpecs(workload.props);
      if (budgets.some((budget) => covers(budget, workload, pod))) return [];
      const count = replicas === undefined ? "a number of replicas that cannot be known yet" : `${replicas} replicas`;
      return [
        {
          urn: workload.urn,
          message: `has ${count}, and no PodDisruptionBudget of namespace ${workload.namespace ?? "<unknown>"} selects its Pods`,
          remedy: "add a policy/v1 PodDisruptionBudget with maxUnavailable: 1 and the workload's own selector",
        },
      ];
    });
}

/** Replicas asked for, at the least; undefined where they cannot be known, or are no number. */
function replicasOf(workload: PlacedObject, scalers: readonly PlacedObject[]): number | undefined {
  const { spec } = workload.props;
  if (isUnknown(spec)) return undefined;
  const own = isObject(spec) ? (spec.replicas ?? 1) : 1;
  const scaled = scalers.filter((scaler) => scales(scaler, workload)).map(({ props }) => minimumOf(props.spec));
  const counts = [own, ...scaled];
  return counts.every((count) => typeof count === "number") ? Math.max(...counts) : undefined;
}

function minimumOf(spec: unknown): unknown {
  return isObject(spec) ? (spec.minReplicas ?? 1) : undefined;
}

function scales(scaler: PlacedObject, workload: PlacedObject): boolean {
  const target = isObject(scaler.props.spec) ? scaler.props.spec.scaleTargetRef : undefined;
  const { metadata } = workload.props;
  if (!isObject(target) || !isObject(metadata) || scaler.namespace !== workload.namespace) return false;
  return target.name === metadata.name && workload.type.endsWith(`:${target.kind}`);
}

function covers(budget: PlacedObject, workload: PlacedObject, pod: PodSpec | undefined): boolean {
  if (budget.namespace === undefined || budget.namespace !== workload.namespace) return false;
  const { spec } = budget.props;
  return isObject(spec) && selects(spec.selector, isObject(pod?.metadata) ? pod.metadata.labels : undefined);
}
