import { isObject } from "./json.ts";
import { propertySteps } from "./kubernetes/ignoredImages.ts";
import { podSpecs } from "./kubernetes/podSpecs.ts";
import { canonicalQuantity } from "./kubernetes/quantity.ts";
import { SECRET, UNKNOWN } from "./plan.ts";
import type { Difference } from "./schema/parity.ts";
import { isUnknown } from "./unknown.ts";

/** What must be alike, by path: the text is the same if, and only if, the value is. */
export type ParityView = ReadonlyMap<string, string>;

/** Stands for a value that cannot be compared. */
const HIDDEN = { [SECRET]: "secret", [UNKNOWN]: "unknown" } as const;

const PROBES = ["livenessProbe", "readinessProbe", "startupProbe"];
const ASPECTS = [...PROBES, "resources", "securityContext"];

/** Which values a chart is given, and of what kind: not what they are. */
export function chartView(values: unknown): ParityView {
  return new Map(leaves(values, "values", kindText));
}

/** The probes, resources and security contexts of an object's Pods; containers by their names, images left out. */
export function objectView(props: unknown): ParityView {
  return new Map(
    podSpecs(props).flatMap(({ path, spec }) => {
      if (spec === undefined) return [[path, "unknown"] as const];
      return [
        ...leaves(spec.securityContext, `${path}.securityContext`, valueText),
        ...["containers", "initContainers"].flatMap((key) => containers(spec[key], `${path}.${key}`)),
      ];
    }),
  );
}

function containers(value: unknown, path: string): (readonly [string, string])[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return [[path, "unknown"]];
  return value.flatMap((container, index) => {
    if (!isObject(container)) return [[`${path}[${index}]`, "unknown"] as const];
    const at = `${path}[${typeof container.name === "string" ? container.name : index}]`;
    return [[at, "container"] as const, ...ASPECTS.flatMap((key) => leaves(container[key], `${at}.${key}`, valueText))];
  });
}

type Text = (value: unknown, path: string) => string;

/** Every value that is no object, by path. What is null or empty is as if it were left out. */
function leaves(value: unknown, path: string, text: Text): (readonly [string, string])[] {
  if (value === undefined || value === null) return [];
  if (value === SECRET || value === UNKNOWN) return [[path, HIDDEN[value]]];
  if (isUnknown(value)) return [[path, "unknown"]];
  if (!isObject(value)) return [[path, text(value, path)]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`, text));
}

const kindText: Text = (value) => (Array.isArray(value) ? "list" : typeof value);
const valueText: Text = (value, path) =>
  JSON.stringify(/\.resources\.(limits|requests)\./.test(path) ? canonicalQuantity(value) : value);

/** A place in which two views differ. */
export interface ParityGap {
  readonly path: string;
  /** Text of each side; undefined where that side has nothing there. */
  readonly here: string | undefined;
  readonly there: string | undefined;
}

/** Where two views differ. What only one side has is told once, not for each value in it. */
export function compareViews(here: ParityView, there: ParityView): ParityGap[] {
  const hidden = [...here, ...there].filter(([, text]) => text === "secret" || text === "unknown");
  const paths = [...new Set([...here.keys(), ...there.keys()])].sort();
  const gaps = paths
    .filter((path) => !hidden.some(([outer, text]) => isWithin(path, outer) && (text === "secret" || path !== outer)))
    .map((path) => ({ path, here: here.get(path), there: there.get(path) }))
    .filter((gap) => gap.here !== gap.there || gap.here === "unknown");
  const whole = gaps.map((gap) => {
    if (gap.here !== undefined && gap.there !== undefined) return gap;
    return { ...gap, path: shortest(gap.path, gap.here === undefined ? here : there) };
  });
  return [...new Map(whole.map((gap) => [gap.path, gap])).values()];
}

/** The shortest beginning of a path below which a view has nothing. */
function shortest(path: string, view: ParityView): string {
  const beginnings = [...path.matchAll(/(?=[.[])/g)].map(({ index }) => path.slice(0, index));
  return beginnings.find((beginning) => ![...view.keys()].some((key) => isWithin(key, beginning))) ?? path;
}

function isWithin(path: string, outer: string): boolean {
  return path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`);
}

/** Whether the catalogue declares a difference, of a path or, without one, of the resource as a whole. */
export function isDeclared(differences: readonly Difference[], resource: string, path?: string): boolean {
  return differences.some((each) => {
    if (!globOf(each.resource).test(resource)) return false;
    if (each.path === undefined) return true;
    if (path === undefined) return false;
    const [declared, actual] = [propertySteps(each.path), propertySteps(path)];
    return declared.length <= actual.length && declared.every((step, index) => step === "*" || step === actual[index]);
  });
}

function globOf(pattern: string): RegExp {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s");
}
