import { objectId } from "../release/kubernetes/objectId.ts";
import type { State, StateResource } from "./stackState.ts";

type Pending = State["deployment"]["pending_operations"][number];

/** What somebody has decided about creations whose outcome cannot be looked up, by URN: the id, or null to forget it. */
export type Decisions = ReadonlyMap<string, string | null>;

/** What an update that was killed has left in the state, and what becomes of it. */
export interface Interruption {
  /** The state with nothing pending. */
  readonly repaired: State;
  /** What may be there: it has got the id that it would have, and is to be read from its provider. */
  readonly adopted: readonly StateResource[];
  /** What needs nothing: it is nowhere but in the state, or the next update does it again. */
  readonly dropped: readonly Pending[];
  /** What may be there under an id that only its provider knows: somebody has to decide. */
  readonly undecided: readonly Pending[];
}

/** Whether an update was killed, or a repair of one: the next must not begin before that is mended. */
export function isInterrupted({ deployment }: State): boolean {
  return deployment.pending_operations.length > 0 || deployment.resources.some(isUnread);
}

/** What has to be done about a state. Nothing is done here. */
export function planRepair(state: State, decisions: Decisions = new Map()): Interruption {
  const { resources, pending_operations: pending } = state.deployment;
  const known = new Set(resources.map(({ urn }) => urn));
  const adopted: StateResource[] = [];
  const dropped: Pending[] = [];
  const undecided: Pending[] = [];
  for (const operation of pending) {
    const { type, resource } = operation;
    const decided = decisions.get(resource.urn);
    const isNew = type === "creating" || type === "importing";
    // A replacement is made while the old one still stands under the same URN: its id is not that of the new one.
    const id = decided ?? (known.has(resource.urn) ? undefined : objectId(resource.type, resource.inputs));
    if (!isNew || decided === null || !isOutside(resource)) dropped.push(operation);
    else if (id === undefined || known.has(resource.urn)) undecided.push(operation);
    else adopted.push({ ...resource, id, outputs: {} });
  }
  const repaired = {
    ...state,
    deployment: { ...state.deployment, resources: [...resources, ...adopted], pending_operations: [] },
  };
  // Those of a repair that was killed itself are read now.
  return { repaired, adopted: [...resources.filter(isUnread), ...adopted], dropped, undecided };
}

/** Components and providers are nowhere but in the state. */
function isOutside({ custom, type }: StateResource): boolean {
  return custom && !type.startsWith("pulumi:");
}

/** Adopted, and not read from the cluster yet: whatever was made or read has outputs. */
function isUnread({ type, custom, external, outputs }: StateResource): boolean {
  return custom && external !== true && type.startsWith("kubernetes:") && Object.keys(outputs).length === 0;
}
