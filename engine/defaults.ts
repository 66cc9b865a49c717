import { isObject } from "../release/json.ts";
import { canonicalQuantity } from "../release/kubernetes/quantity.ts";
import { type Plan, SECRET } from "../release/plan.ts";

type Inputs = Readonly<Record<string, unknown>>;

/** One way in which inputs differ between what a program gives and what a provider's Check makes of it. */
interface Rule {
  /** The resources concerned, by type. */
  readonly type: RegExp;
  readonly why: string;
  readonly normal: (inputs: Inputs) => Inputs;
}

const PROVIDER = /^pulumi:providers:/;
const KUBERNETES_PROVIDER = /^pulumi:providers:kubernetes$/;
const RELEASE = /^kubernetes:helm\.sh\/v3:Release$/;
const OBJECT = /^kubernetes:(?!helm\.sh\/|yaml|kustomize)/;
const SECRET_OBJECT = /^kubernetes:core\/v1:Secret$/;

/**
 * The list of everything that the engine and the Kubernetes provider add to inputs, or write in another way, before a
 * preview shows them. Plans of both engines are without it, so that they are the same; policies see what is really sent.
 * A value that the program gives, and that happens to be the default, is left out as well.
 */
const RULES: readonly Rule[] = [
  {
    type: PROVIDER,
    why: "The engine keeps notes of its own here.",
    normal: (inputs) => without(inputs, "__internal"),
  },
  {
    type: KUBERNETES_PROVIDER,
    why: "Credentials say how to reach a cluster, not what is wanted there, and belong into no plan.",
    normal: (inputs) => without(inputs, "kubeconfig"),
  },
  {
    type: RELEASE,
    why: "The SDK marks releases for providers of another age; the provider takes the mark away.",
    normal: (inputs) => without(inputs, "compat"),
  },
  {
    type: RELEASE,
    why: "Whatever is not given is set to the empty value of its type.",
    normal: (inputs) => filter(inputs, (_key, value) => value !== false && !isEmpty(value)),
  },
  {
    type: RELEASE,
    why: "A release waits for 300 seconds, in the namespace default, unless told otherwise.",
    normal: (inputs) =>
      filter(inputs, (key, value) => !(key === "timeout" && value === 300) && !isDefaultNamespace(key, value)),
  },
  {
    type: RELEASE,
    why: "Where the chart is named by digest or by path, its version is read from the chart.",
    normal: (inputs) => (isFixedChart(inputs.chart) ? without(inputs, "version") : inputs),
  },
  {
    type: OBJECT,
    why: "An object without a namespace is in the namespace default.",
    normal: (inputs) =>
      within(inputs, "metadata", (metadata) => filter(metadata, (...entry) => !isDefaultNamespace(...entry))),
  },
  {
    type: OBJECT,
    why: "Empty maps of labels, annotations and data are left out.",
    normal: (inputs) => {
      const filled = filter(inputs, (key, value) => !(/^(data|binaryData|stringData)$/.test(key) && isEmpty(value)));
      const isFilled = (key: string, value: unknown) => !(/^(labels|annotations)$/.test(key) && isEmpty(value));
      return within(filled, "metadata", (metadata) => filter(metadata, isFilled));
    },
  },
  {
    type: SECRET_OBJECT,
    why: "Plain text becomes encoded data, and all of it is secret.",
    normal: (inputs) => (inputs.stringData === undefined ? inputs : { ...without(inputs, "stringData"), data: SECRET }),
  },
  {
    type: OBJECT,
    why: "Quantities are written in their canonical form: 0.5 as 500m, 1024Mi as 1Gi, numbers as text.",
    normal: (inputs) => quantities(inputs) as Inputs,
  },
];

/** The inputs of a resource, as plans of both engines have them. */
export function normalInputs(type: string, inputs: Inputs): Record<string, unknown> {
  const rules = RULES.filter((rule) => rule.type.test(type));
  return { ...rules.reduce((normal, rule) => rule.normal(normal), inputs) };
}

/** Options that a program gives and the Pulumi CLI does not tell. */
const UNTOLD = ["aliases", "deleteBeforeReplace"];

/** A plan without what only the offline engine can tell: what to compare where the plans may be of both engines. */
export function comparablePlan(plan: Plan): Plan {
  const resources = plan.resources.map((resource) => ({
    ...resource,
    options: filter(resource.options, (key) => !UNTOLD.includes(key)),
  }));
  return { ...plan, resources };
}

function filter(inputs: Inputs, keep: (key: string, value: unknown) => boolean): Record<string, unknown> {
  return Object.fromEntries(Object.entries(inputs).filter(([key, value]) => keep(key, value)));
}

function without(inputs: Inputs, left: string): Inputs {
  return filter(inputs, (key) => key !== left);
}

function within(inputs: Inputs, key: string, change: (inner: Inputs) => Inputs): Inputs {
  const inner = inputs[key];
  return isObject(inner) ? { ...inputs, [key]: change(inner) } : inputs;
}

function isEmpty(value: unknown): boolean {
  return value === "" || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
}

function isDefaultNamespace(key: string, value: unknown): boolean {
  return key === "namespace" && value === "default";
}

function isFixedChart(chart: unknown): boolean {
  return typeof chart === "string" && (chart.includes("@sha256:") || /^(\.{0,2}\/|[A-Za-z]:\\)/.test(chart));
}

/** Fields whose values are quantities by name of what they count. */
const QUANTITY_MAPS = new Set(["limits", "requests", "hard"]);

function quantities(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(quantities);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, inner]) => {
    if (!QUANTITY_MAPS.has(key) || !isObject(inner)) return [key, quantities(inner)];
    return [key, Object.fromEntries(Object.entries(inner).map(([name, amount]) => [name, canonicalQuantity(amount)]))];
  });
  return Object.fromEntries(entries);
}
