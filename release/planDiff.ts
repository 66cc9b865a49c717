import { isObject } from "./json.ts";
import type { Plan, PlannedResource } from "./plan.ts";

/** What an update would do to a resource. `replace`: delete it and create another in its place. */
export type Operation = "create" | "update" | "replace" | "delete" | "same";

/** One value that differs. An absent side has no key. */
interface ValueChange {
  /** Place in the planned resource, such as `inputs.values.replicaCount` or `options.protect`. */
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** One resource of either plan, and how the two differ in it. */
export interface ResourceChange {
  readonly op: Operation;
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly parent?: string;
  /** The module, where the resource is the component that stands for a module's release. */
  readonly module?: string;
  /** Empty for what is created, deleted or the same, and for what only its provider's replacement replaces. */
  readonly changes: readonly ValueChange[];
}

/** A release that a stack runs, as its component in the plan says. */
interface PlannedPin {
  readonly version: string;
  readonly manifestDigest: string;
}

/** A module whose release differs between two plans; an absent side means that the stack does not run it. */
export interface PinChange {
  readonly module: string;
  readonly before?: PlannedPin;
  readonly after?: PlannedPin;
}

/** Components that stand for a module's release in a stack. */
const RELEASE_TYPES = new Set(
  ["ModuleRelease", "SlottedRelease", "PublishedRelease"].map((name) => `imprimatur:release:${name}`),
);

/**
 * Inputs that cannot change in place, by type; the first row that matches counts.
 * Source: the Kubernetes provider's documentation. Anything else is shown as an update.
 */
const REPLACING: readonly { readonly type: RegExp; readonly paths: readonly string[] }[] = [
  { type: /^pulumi:providers:kubernetes$/, paths: ["context", "cluster", "kubeconfig"] },
  { type: /^kubernetes:helm\.sh\/v3:Release$/, paths: ["name", "namespace"] },
  { type: /^kubernetes:/, paths: ["apiVersion", "kind", "metadata.name", "metadata.namespace"] },
];

/**
 * How `plan` differs from `base`, one entry for each resource of either, in order of URN.
 * Without a base every resource is created. Two plans are equal exactly where every entry is `same`.
 */
export function diffPlans(base: Plan | undefined, plan: Plan): readonly ResourceChange[] {
  const before = byUrn(base);
  const after = byUrn(plan);
  const urns = [...new Set([...before.keys(), ...after.keys()])].sort();
  const compared = urns.map((urn) => compare(before.get(urn), after.get(urn)));
  return withReplacedProviders(compared, after);
}

/** Modules whose release differs between two plans, in alphabetical order. */
export function diffPins(base: Plan | undefined, plan: Plan): readonly PinChange[] {
  const before = pinsOf(base);
  const after = pinsOf(plan);
  const modules = [...new Set([...before.keys(), ...after.keys()])].sort();
  return modules.flatMap((module) => {
    const [from, to] = [before.get(module), after.get(module)];
    if (from?.version === to?.version && from?.manifestDigest === to?.manifestDigest) return [];
    return [{ module, ...(from && { before: from }), ...(to && { after: to }) }];
  });
}

/** The module that a component stands for; undefined for any other resource. */
function moduleOf(resource: PlannedResource): string | undefined {
  const { module } = resource.inputs;
  return RELEASE_TYPES.has(resource.type) && typeof module === "string" ? module : undefined;
}

function byUrn(plan: Plan | undefined): ReadonlyMap<string, PlannedResource> {
  return new Map((plan?.resources ?? []).map((resource) => [resource.urn, resource]));
}

function pinsOf(plan: Plan | undefined): ReadonlyMap<string, PlannedPin> {
  const pins = new Map<string, PlannedPin>();
  for (const resource of plan?.resources ?? []) {
    const module = moduleOf(resource);
    const { version, manifestDigest } = resource.inputs;
    if (module !== undefined) pins.set(module, { version: String(version), manifestDigest: String(manifestDigest) });
  }
  return pins;
}

function compare(before: PlannedResource | undefined, after: PlannedResource | undefined): ResourceChange {
  const { urn, type, name, parent } = (after ?? before) as PlannedResource;
  const module = moduleOf((after ?? before) as PlannedResource);
  const identity = { urn, type, name, ...(parent && { parent }), ...(module && { module }) };
  if (before === undefined) return { op: "create", ...identity, changes: [] };
  if (after === undefined) return { op: "delete", ...identity, changes: [] };
  const changes = [
    ...valueChanges(withoutDependencies(before), withoutDependencies(after), ""),
    ...dependencyChanges(before.dependencies, after.dependencies),
  ];
  const op = changes.length === 0 ? "same" : changes.some((change) => replaces(after, change)) ? "replace" : "update";
  return { op, ...identity, changes };
}

function withoutDependencies({ dependencies: _, ...rest }: PlannedResource): object {
  return rest;
}

function replaces({ type, custom, options }: PlannedResource, { path }: ValueChange): boolean {
  if (!custom) return false;
  const fixed = REPLACING.find((row) => row.type.test(type))?.paths ?? [];
  return [...fixed, ...(options.replaceOnChanges ?? [])].some((input) => covers(`inputs.${input}`, path));
}

/** Whether a change at `path` touches what stands at `place`: the same place, or one within it or around it. */
function covers(place: string, path: string): boolean {
  const within = (inner: string, outer: string) => inner.startsWith(`${outer}.`) || inner.startsWith(`${outer}[`);
  return path === place || within(path, place) || within(place, path);
}

/** What a provider made in one cluster is not in another: with the provider, all that it manages is replaced. */
function withReplacedProviders(
  changes: readonly ResourceChange[],
  after: ReadonlyMap<string, PlannedResource>,
): readonly ResourceChange[] {
  const replaced = new Set(
    changes.filter(({ op, type }) => op === "replace" && isProvider(type)).map(({ urn }) => urn),
  );
  return changes.map((change) => {
    const provider = after.get(change.urn)?.provider;
    const follows = provider !== undefined && replaced.has(provider) && change.op !== "create";
    return follows ? { ...change, op: "replace" } : change;
  });
}

function isProvider(type: string): boolean {
  return type.startsWith("pulumi:providers:");
}

function dependencyChanges(before: readonly string[], after: readonly string[]): ValueChange[] {
  const removed = before.filter((urn) => !after.includes(urn)).map((urn) => ({ path: "dependencies", before: urn }));
  const added = after.filter((urn) => !before.includes(urn)).map((urn) => ({ path: "dependencies", after: urn }));
  return [...removed, ...added];
}

/** The smallest places at which two values differ; lists of things with unique names are compared by name. */
function valueChanges(before: unknown, after: unknown, path: string): ValueChange[] {
  const [left, right] = [fieldsOf(before, after), fieldsOf(after, before)];
  if (left === undefined || right === undefined) {
    if (Object.is(before, after)) return [];
    return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
  }
  const keys = [...new Set([...left.keys(), ...right.keys()])].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const changes = keys.flatMap((key) =>
    valueChanges(left.get(key), right.get(key), path === "" ? key.slice(1) : path + key),
  );
  // The same things by name in another order: a difference all the same.
  if (changes.length > 0 || !Array.isArray(before) || sameOrder(left, right)) return changes;
  return [{ path, before, after }];
}

function sameOrder(left: ReadonlyMap<string, unknown>, right: ReadonlyMap<string, unknown>): boolean {
  const keys = [...right.keys()];
  return [...left.keys()].every((key, index) => key === keys[index]);
}

/** The parts of a value under the text that leads to each; undefined where both sides have no parts of one kind. */
function fieldsOf(value: unknown, other: unknown): ReadonlyMap<string, unknown> | undefined {
  if (Array.isArray(value) && Array.isArray(other)) {
    const named = hasNames(value) && hasNames(other);
    return new Map(value.map((item, index) => [named ? `[${item.name}]` : `[${index}]`, item]));
  }
  if (!isObject(value) || !isObject(other)) return undefined;
  return new Map(Object.entries(value).map(([key, inner]) => [keyText(key), inner]));
}

function keyText(key: string): string {
  return /^[\w:@/-]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function hasNames(list: readonly unknown[]): list is readonly { name: string }[] {
  const names = list.map((item) => (isObject(item) ? item.name : undefined));
  return names.every((name) => typeof name === "string") && new Set(names).size === names.length;
}
