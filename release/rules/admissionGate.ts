import type { ListData } from "../admission/list.ts";
import { GATE_NAMESPACE } from "../admission/names.ts";
import type { AdmissionPlan } from "../admission/plan.ts";
import { isObject } from "../json.ts";
import type { TrustedStack } from "../schema/trust.ts";
import { STACKS_FILE } from "../trust.ts";
import type { Violation } from "../verdict.ts";

const POLICY = "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy";
const BINDING = "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding";
const LIST = "kubernetes:core/v1:ConfigMap";

/** A resource that may be a part of an admission gate. */
interface Part {
  readonly type: string;
  readonly props: Readonly<Record<string, unknown>>;
}

/** Whether a type is one that admission gates consist of. */
export function isGateType(type: string): boolean {
  return type === POLICY || type === BINDING || type === LIST;
}

/** A stack of a class that must be gated has a gate by trust. What is in no cluster needs none. */
export function judgeGated(stack: TrustedStack, resources: readonly Pick<Part, "type">[]): Violation[] {
  if (stack.gate !== undefined || !resources.some(({ type }) => type.startsWith("kubernetes:"))) return [];
  return [
    {
      message: `nothing in the cluster of ${stack.name} refuses what goes past this program: trust gives it no admission gate`,
      remedy: `write gate: { mode: enforce } under stacks.${stack.name} of ${STACKS_FILE}, and apply ${stack.name}-gate`,
    },
  ];
}

/** All parts of an admission gate: their types and names, and what is wrong with one that is declared. */
interface Expected {
  readonly type: string;
  readonly name: string;
  readonly words: string;
  readonly problem: (props: Part["props"]) => string | undefined;
}

function expectedParts(plan: AdmissionPlan): Expected[] {
  const specs = [
    ...[...plan.policies].map(([name, spec]) => ({ type: POLICY, name, spec })),
    ...[...plan.bindings, ...plan.otherwise].map(([name, spec]) => ({ type: BINDING, name, spec })),
  ];
  return [
    ...specs.map(({ type, name, spec }) => ({
      type,
      name,
      words: `the ${type.split(":").at(-1)} ${name}`,
      problem: (props: Part["props"]) => (same(props.spec, spec) ? undefined : "is not as trust asks for it"),
    })),
    ...[...plan.lists].map(([name, data]) => ({
      type: LIST,
      name,
      words: `the list ${name}`,
      problem: (props: Part["props"]) => listProblem(props.data ?? {}, data),
    })),
  ];
}

/** A part of an admission gate is just as trust and catalogue say. What is no part of it is not judged here. */
export function judgeGatePart(plan: AdmissionPlan, part: Part, ignored: readonly string[]): Violation[] {
  const expected = expectedParts(plan).find((each) => isPart(part, each));
  if (expected === undefined) return [];
  const problem = ignored.length > 0 ? "ignores changes, so it may be another one" : expected.problem(part.props);
  return problem === undefined ? [] : [{ message: `${expected.words} ${problem}`, remedy: REMEDY }];
}

/** The stack of an admission gate has every part of it. */
export function judgeGateParts(plan: AdmissionPlan, resources: readonly Part[]): Violation[] {
  return expectedParts(plan)
    .filter((expected) => !resources.some((resource) => isPart(resource, expected)))
    .map(({ words }) => ({ message: `${words} is missing from the admission gate`, remedy: REMEDY }));
}

const REMEDY = "let the gate's stack be declared by the program: npx imprimatur preview <stack>-gate shows it";

function isPart({ type, props: { metadata } }: Part, expected: Expected): boolean {
  const named = isObject(metadata) ? metadata : {};
  const isThere = type !== LIST || named.namespace === GATE_NAMESPACE;
  return type === expected.type && named.name === expected.name && isThere;
}

function listProblem(found: unknown, data: ListData): string | undefined {
  if (!isObject(found)) return "cannot be known before an update";
  const differs = (one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>) =>
    Object.keys(one)
      .filter((key) => one[key] !== other[key])
      .sort();
  const [more] = differs(found, data);
  const [less] = differs(data, found);
  if (more !== undefined) return `lets in ${more}, which the catalogue does not, or not so`;
  return less === undefined ? undefined : `lacks ${less}, which the catalogue lets in`;
}

/** Whether a value is as expected, apart from fields that are empty: the API server adds selectors that select all. */
function same(found: unknown, expected: unknown): boolean {
  if (Array.isArray(expected)) {
    return (
      Array.isArray(found) && found.length === expected.length && expected.every((each, n) => same(found[n], each))
    );
  }
  if (!isObject(expected)) return found === expected;
  if (!isObject(found)) return false;
  const added = Object.keys(found).filter((key) => !(key in expected));
  return (
    added.every((key) => isEmpty(found[key])) && Object.keys(expected).every((key) => same(found[key], expected[key]))
  );
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || (typeof value === "object" && Object.keys(value).length === 0);
}
