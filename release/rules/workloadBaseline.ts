import { Fields, type Lack } from "../kubernetes/fields.ts";
import { isLongRunning, isPatch, isPodKind, podSpecs } from "../kubernetes/podSpecs.ts";
import type { Violation } from "../verdict.ts";
import { annotationLacks, podSecurityLacks } from "./podSecurity.ts";

/** The parts of the baseline, each of which has a level of its own per class. */
type BaselinePart = "security" | "resources" | "readiness";

/** A violation, and of which part of the baseline. */
export type BaselineViolation = Violation & { readonly part: BaselinePart };

const HEADS: Readonly<Record<BaselinePart, string>> = {
  security: "is not within the Restricted profile of the Pod Security Standards",
  resources: "does not say what it needs, so its node can neither plan for it nor protect others from it",
  readiness: "gets traffic before it is ready, because nothing says when it is",
};

/** Holds every Pod that an object would run to the baseline. One violation for each Pod and part. */
export function judgeWorkload(type: string, props: Readonly<Record<string, unknown>>): BaselineViolation[] {
  const found = podSpecs(props);
  const known = found.filter(({ spec }) => spec !== undefined);
  const violations = known.flatMap(({ path, spec, metadata }) => {
    const beside = new Fields(metadata, `${path.replace(/(^|\.)spec$/, "")}.metadata`.replace(/^\./, ""));
    return judgePod(new Fields(spec, path), beside.in("annotations"), type);
  });
  // Of custom kinds only what is there is judged; Kubernetes' own must show their Pods.
  if (!isPodKind(type)) return violations;
  const hidden = found.filter(({ spec }) => spec === undefined);
  const unseen = hidden.map(({ path }) => unjudgeable(`${path} cannot be known before an update`));
  if (found.length === 0 && !isPatch(type) && !type.endsWith("List")) {
    unseen.push(unjudgeable("it has no list of containers"));
  }
  return [...violations, ...unseen];
}

function unjudgeable(why: string): BaselineViolation {
  return {
    part: "security",
    message: `its Pods cannot be judged: ${why}`,
    remedy: "write its Pod specification, with its containers, as plain config",
  };
}

function judgePod(spec: Fields, annotations: Fields, type: string): BaselineViolation[] {
  const partial = isPatch(type);
  const lacks: Readonly<Record<BaselinePart, readonly Lack[]>> = {
    security: [...podSecurityLacks(spec, partial), ...annotationLacks(annotations)],
    resources: partial ? [] : resourceLacks(spec),
    readiness: partial || !isLongRunning(type) ? [] : readinessLacks(spec),
  };
  return Object.entries(lacks).flatMap(([part, list]) => {
    if (list.length === 0) return [];
    const head = `the Pod at ${spec.path === "" ? "the top" : spec.path} ${HEADS[part as BaselinePart]}`;
    const message = [head, ...list.map(({ text }) => text)].join("\n  ");
    return [{ part: part as BaselinePart, message, remedy: `set ${list.map(({ line }) => line).join("; ")}` }];
  });
}

/** Requests of CPU and memory and a limit of memory, per container or for the Pod as a whole. A limit is also a request. */
function resourceLacks(spec: Fields): Lack[] {
  const whole = spec.in("resources");
  const containers = ["initContainers", "containers"].flatMap((key) => spec.each(key));
  const given = (resources: Fields, kinds: readonly string[], name: string) =>
    kinds.some((kind) => isQuantity(resources.in(kind).get(name)));
  return containers.flatMap((container) => {
    const resources = container.in("resources");
    const lack = (kinds: readonly [string, ...string[]], name: string, example: string): Lack[] =>
      given(resources, kinds, name) || given(whole, kinds, name)
        ? []
        : resources.in(kinds[0]).must(name, () => false, "must be given", example);
    return [
      ...lack(["requests", "limits"], "cpu", "100m"),
      ...lack(["requests", "limits"], "memory", "128Mi"),
      ...lack(["limits"], "memory", "256Mi"),
    ];
  });
}

// Kubernetes' own grammar of quantities; what cannot be known yet is none.
const QUANTITY = /^[+]?\d*\.?\d+([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/;

function isQuantity(value: unknown): boolean {
  return typeof value === "number"
    ? value > 0
    : typeof value === "string" && QUANTITY.test(value) && !/^0+$/.test(value);
}

/** A container that serves on a port says when it is ready; so does at least one of every Pod. */
function readinessLacks(spec: Fields): Lack[] {
  const containers = spec.each("containers");
  const isProbe = (value: unknown) => typeof value === "object" && value !== null && Object.keys(value).length > 0;
  const without = containers.filter((container) => !isProbe(container.get("readinessProbe")));
  const serving = without.filter((container) => container.has("ports"));
  const asked = serving.length > 0 || without.length < containers.length ? serving : without.slice(0, 1);
  return asked.flatMap((container) =>
    container.must("readinessProbe", () => false, "must be given", "{ httpGet: { path: /, port: 8080 } }"),
  );
}
