import { isObject, type JsonObject } from "./json.ts";
import type { Release } from "./schema/manifest.ts";
import type { ChartObject, Inventory } from "./schema/predicates.ts";

/** What Helm allows for the name of a release. */
const MAX_NAME = 53;

/** A release of a module beside others, as a Helm release of its own. */
export interface Slot {
  /** Name of the Helm release; see {@link slotName}. */
  readonly name: string;
  /** `current` and `canary` share the traffic; `previous` is what the stack falls back on. */
  readonly role: "current" | "canary" | "previous";
  readonly release: Release;
  readonly configHash: string;
  /** Chart values, complete. */
  readonly values: JsonObject;
  /** Share of the traffic, in percent; a previous slot is no part of the route. */
  readonly weight: number;
}

/**
 * The name of a slot: module and version, for people, then the beginnings of manifest digest and configHash, which hold
 * that another release or configuration is another slot. So nothing in a slot is ever patched but what is operational.
 * Where it would be longer than Helm allows, the version gives way.
 */
export function slotName({ manifest, manifestDigest }: Release, configHash: string): string {
  const tail = `-${manifestDigest.slice("sha256:".length, "sha256:".length + 6)}-${configHash.slice(0, 8)}`;
  const words = `${manifest.module}-${manifest.version}`.toLowerCase().replace(/[^a-z0-9-]/g, "-");
  return words.slice(0, MAX_NAME - tail.length).replace(/-+$/, "") + tail;
}

/** A name that begins with that of a slot, with nothing in it of the release: the same for all slots of a module. */
export function withoutRelease(name: string): string {
  return name.replace(/-\d[a-z0-9-]*-[0-9a-f]{6}-[0-9a-f]{8}(?=$|-)/, "");
}

/** The Service of a slot that gets its traffic. */
export function slotService(service: string, slot: string): string {
  return service.replaceAll("{slot}", slot);
}

/** What a slot's Service gets: the name of it, and in percent how much of the traffic. */
export interface Backend {
  readonly service: string;
  readonly weight: number;
}

/** Kinds that hold state: two of them beside one another would each have a half of it. */
const STATEFUL = new Set(["StatefulSet", "PersistentVolumeClaim", "PersistentVolume"]);

/** Kinds that bring traffic to a slot themselves, past the route that decides which slot has it. */
const ROUTING = new Set(["Ingress", "HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute", "VirtualService"]);

/**
 * Why a chart cannot be installed beside itself, by what it renders to under the name of one slot: state would be
 * doubled, names would collide, it brings traffic itself, or what it selects would be Pods of other slots too. Empty
 * where nothing is against it.
 * @param service the name of the Service that is to get the slot's traffic
 */
export function slotProblems(inventory: Inventory, slot: string, service: string): string[] {
  const { objects, release } = inventory;
  if (objects === undefined || release === undefined) return ["its inventory does not say which objects it renders to"];
  if (release !== slot) return [`its inventory is of the Helm release ${release}, not of ${slot}`];
  const missing = objects.some(({ kind, name }) => kind === "Service" && name === service)
    ? []
    : [`it renders to no Service ${service}, which is to get its traffic`];
  return [...objects.flatMap((object) => problemsOf(object, slot)), ...missing];
}

function problemsOf({ kind, name, selector }: ChartObject, slot: string): string[] {
  const words = `${kind} ${name}`;
  if (STATEFUL.has(kind)) return [`${words} holds state, which would be doubled`];
  if (ROUTING.has(kind)) return [`${words} brings traffic to the slot, past the route that the program makes`];
  if (!name.includes(slot)) return [`${words} has the same name in every slot, so they would collide`];
  const apart = selector === undefined || Object.values(selector).some((value) => value.includes(slot));
  return apart ? [] : [`${words} selects the Pods of every slot: none of its labels names the Helm release`];
}

/** The plain labels by which an object of a chart selects Pods; undefined where it selects none. */
export function selectorOf(object: Readonly<Record<string, unknown>>): Record<string, string> | undefined {
  const spec = isObject(object.spec) ? object.spec : {};
  // A Job's selector is made by Kubernetes, and a Service without one is backed by hand.
  if (!isObject(spec.selector)) return undefined;
  const labels = isObject(spec.selector.matchLabels) ? spec.selector.matchLabels : spec.selector;
  const entries = Object.entries(labels).filter(([, value]) => typeof value === "string");
  return Object.fromEntries(entries) as Record<string, string>;
}
