/** A container, as far as a Pod's status tells what has become of it. */
interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean | undefined;
  readonly restartCount?: number | undefined;
  readonly state?: ContainerState | undefined;
  readonly lastState?: ContainerState | undefined;
}

interface ContainerState {
  readonly waiting?: { readonly reason?: string | undefined; readonly message?: string | undefined } | undefined;
  readonly terminated?:
    | { readonly exitCode: number; readonly reason?: string | undefined; readonly message?: string | undefined }
    | undefined;
}

/** A Pod, as Kubernetes lists it. */
export interface PodStatus {
  readonly metadata?: { readonly name?: string | undefined; readonly namespace?: string | undefined } | undefined;
  readonly status?:
    | {
        readonly phase?: string | undefined;
        readonly reason?: string | undefined;
        readonly message?: string | undefined;
        readonly conditions?:
          | readonly { readonly type: string; readonly status: string; readonly message?: string | undefined }[]
          | undefined;
        readonly initContainerStatuses?: readonly ContainerStatus[] | undefined;
        readonly containerStatuses?: readonly ContainerStatus[] | undefined;
      }
    | undefined;
}

/** Longer texts are whole logs, and a ledger is no place for them. */
const MAX_TEXT = 300;

/**
 * Why Pods are not ready, one line for each container that says why, in order of Pods and containers: what it waits for,
 * and what it said when it last ended. Pods that are well, and those that are only starting, say nothing.
 */
export function podFailures(pods: readonly PodStatus[]): string[] {
  return pods.flatMap((pod) => {
    const { metadata, status } = pod;
    const name = `${metadata?.namespace ?? "?"}/${metadata?.name ?? "?"}`;
    const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
    const lines = containers.flatMap((container) => containerFailure(container) ?? []);
    if (lines.length > 0) return lines.map((line) => `${name} ${line}`);
    if (status?.phase === "Failed") return [`${name}: ${cut(words("failed", status.reason, status.message))}`];
    const unplaced = status?.conditions?.find(({ type, status }) => type === "PodScheduled" && status === "False");
    return unplaced?.message === undefined ? [] : [`${name}: is on no node: ${cut(unplaced.message)}`];
  });
}

function containerFailure({ name, ready, restartCount = 0, state, lastState }: ContainerStatus): string | undefined {
  const { waiting } = state ?? {};
  const ended = state?.terminated ?? lastState?.terminated;
  if (ready || (ended?.exitCode === 0 && waiting === undefined)) return undefined;
  const starting = waiting === undefined || ["ContainerCreating", "PodInitializing"].includes(waiting.reason ?? "");
  if (starting && ended === undefined) return undefined;
  const restarts = restartCount === 0 ? "" : `, started ${restartCount + 1} times`;
  const end = ended && `ended with ${ended.exitCode}${ended.message ? `: ${ended.message.trim()}` : ""}`;
  const wait = starting
    ? undefined
    : words(waiting?.reason ?? "waiting", end === undefined ? waiting?.message : undefined);
  return cut(`${name}: ${[wait, end].filter((part) => part !== undefined).join("; ")}${restarts}`);
}

function words(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== "").join(": ");
}

function cut(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT - 1)}…` : line;
}
