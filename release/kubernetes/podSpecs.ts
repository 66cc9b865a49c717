import { isObject } from "../json.ts";
import { isUnknown } from "../unknown.ts";

/** The specification of a Pod, wherever an object holds one. */
export interface PodSpec {
  /** Where it stands in the object, such as `spec.template.spec`. */
  readonly path: string;
  /** Undefined where it cannot be known yet. */
  readonly spec: Readonly<Record<string, unknown>> | undefined;
  /** Labels and annotations of the Pods, which stand beside their specification. */
  readonly metadata: unknown;
}

const POD_KIND =
  /^kubernetes:(core|apps|batch|extensions)\/\w+:(Pod|PodTemplate|Deployment|StatefulSet|DaemonSet|ReplicaSet|ReplicationController|Job|CronJob)(List|Patch)?$/;

/** Kinds that keep Pods running until they are told otherwise; custom ones among them are Argo's and Knative's. */
const LONG_RUNNING =
  /:(Deployment|StatefulSet|DaemonSet|ReplicaSet|ReplicationController|Rollout|Service)(List|Patch)?$/;

/** Keys on the way from an object to its Pods. */
const WAY_KEYS = new Set(["spec", "template", "jobTemplate", "items"]);

/** Whether a resource type is one of Kubernetes' own that hold Pods. */
export function isPodKind(type: string): boolean {
  return POD_KIND.test(type);
}

/** Whether the Pods of a resource type are to serve for as long as it is there. */
export function isLongRunning(type: string): boolean {
  return LONG_RUNNING.test(type);
}

/** Whether a resource changes parts of an object and leaves the rest as it is. */
export function isPatch(type: string): boolean {
  return /^kubernetes:.*Patch$/.test(type);
}

/**
 * Every Pod specification of an object, also inside templates and lists: whatever has a list of containers. It looks at
 * the shape and not at a table of kinds, so that a custom resource which embeds a Pod is judged as well.
 */
export function podSpecs(object: unknown): PodSpec[] {
  return scan(object, "", undefined);
}

function scan(value: unknown, path: string, metadata: unknown): PodSpec[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => scan(item, `${path}[${index}]`, undefined));
  if (!isObject(value)) return [];
  if (Array.isArray(value.containers) || isUnknown(value.containers)) {
    return [{ path, spec: value, metadata }];
  }
  return Object.entries(value).flatMap(([key, inner]) => {
    const at = path === "" ? key : `${path}.${key}`;
    if (WAY_KEYS.has(key) && isUnknown(inner)) return [{ path: at, spec: undefined, metadata: undefined }];
    return scan(inner, at, value.metadata);
  });
}
