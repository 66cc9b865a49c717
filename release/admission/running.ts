import { type ImageUse, podImages } from "../kubernetes/podImages.ts";
import { admits, type ListData } from "./list.ts";

/** A Pod as a cluster's API gives it, as far as it matters here. */
export interface RunningPod {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: unknown;
  readonly status?: { readonly phase?: string };
}

/** An image that runs, or is mounted, and that the admission gate would not let in now. */
export interface UnlistedImage extends ImageUse {
  readonly namespace: string;
  readonly pod: string;
  /** Whether the namespace has no list at all. */
  readonly noList: boolean;
}

/** Phases in which no container runs any more. */
const OVER: ReadonlySet<string | undefined> = new Set(["Succeeded", "Failed"]);

/**
 * What Pods still run although it is on no list: revoked or replaced since they were started, or started before there was
 * a gate. The gate refuses what is to come, and ends nothing.
 * @param lists by namespace; see {@link AdmissionPlan}
 * @param exempt namespaces that are not judged
 */
export function unlistedImages(
  pods: readonly RunningPod[],
  lists: ReadonlyMap<string, ListData>,
  exempt: ReadonlySet<string>,
  now: Date,
): UnlistedImage[] {
  return pods
    .filter(({ metadata, status }) => !exempt.has(metadata.namespace) && !OVER.has(status?.phase))
    .flatMap(({ metadata: { name, namespace }, spec }) => {
      const list = lists.get(namespace);
      return podImages({ spec })
        .filter(({ image }) => image === undefined || !admits(list ?? {}, image, now))
        .map((use) => ({ ...use, namespace, pod: name, noList: list === undefined }));
    });
}
