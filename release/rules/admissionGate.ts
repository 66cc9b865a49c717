import type { ListData } from "../admission/list.ts";
import { GATE_NAMESPACE } from "../admission/names.ts";
import type { AdmissionPlan } from "../admission/plan.ts";
import { STACKS_FILE } from "../catalogue.ts";
import { canonicalJson, isObject } from "../json.ts";
import type { TrustedStack } from "../schema/trust.ts";
import type { Violation } from "../verdict.ts";

const POLICY = "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy";
const BINDING = "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding";
const LIST = "kubernetes:core/v1:ConfigMap";

/** A resource that may be a part of an admission gate. */
interface Part {
  readonly type: string;
  readonly urn: string;
  readonly props: Readonly<Record<string, unknown>>;
  readonly options: { readonly ignoreChanges: readonly string[] };
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

/** The stack of an admission gate has all of it, just as trust and catalogue say: policies, bindings and lists. */
export function judgeGate(plan: AdmissionPlan, resources: readonly Part[]): Violation[] {
  const specs = [
    ...[...plan.policies].map(([name, spec]) => ({ type: POLICY, name, spec })),
    ...[...plan.bindings, ...plan.otherwise].map(([name, spec]) => ({ type: BINDING, name, spec })),
  ];
  return [
    ...specs.flatMap(({ type, name, spec }) => {
      const words = `${type.split(":").at(-1)} ${name}`;
      return judgePart(find(resources, type, name), words, ({ props }) =>
        same(props.spec, spec) ? undefined : "is not as trust asks for it",
      );
    }),
    ...[...plan.lists].flatMap(([name, data]) =>
      judgePart(find(resources, LIST, name, GATE_NAMESPACE), `the list ${name}`, ({ props }) =>
        listProblem(props.data ?? {}, data),
      ),
    ),
  ];
}

function judgePart(part: Part | undefined, words: string, problemOf: (part: Part) => string | undefined): Violation[] {
  const remedy = "let the gate's stack be declared by the program: npx imprimatur preview <stack>-gate shows it";
  if (part === undefined) return [{ message: `${words} is missing from the admission gate`, remedy }];
  const { urn, options } = part;
  const problem = options.ignoreChanges.length > 0 ? "ignores changes, so it may be another one" : problemOf(part);
  return problem === undefined ? [] : [{ urn, message: `${words} ${problem}`, remedy }];
}

function find(resources: readonly Part[], type: string, name: string, namespace?: string): Part | undefined {
  return resources.find(({ type: found, props: { metadata } }) => {
    const named = isObject(metadata) ? metadata : {};
    return found === type && named.name === name && (namespace === undefined || named.namespace === namespace);
  });
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

function same(found: unknown, expected: object): boolean {
  return isObject(found) && canonicalJson(found) === canonicalJson(expected);
}
