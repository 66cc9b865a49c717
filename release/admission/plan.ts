import { InputError, refuseInput } from "../errors.ts";
import { STACKS_FILE } from "../trust.ts";
import { type ListData, listData } from "./list.ts";
import { gateProblems, imageLists, type ListSources } from "./lists.ts";
import { DEPLOYERS_POLICY, IMAGES_POLICY, NO_LIST } from "./names.ts";
import {
  type BindingSpec,
  bindingSpecs,
  DEPLOYERS_BINDING_SPEC,
  deployersPolicySpec,
  imagesPolicySpec,
} from "./policies.ts";

type Bindings = ReadonlyMap<string, BindingSpec>;

/** All that the admission gate of a stack consists of, worked out. */
export interface AdmissionPlan {
  /** What each ConfigMap holds, by its name: that of the namespace that it is for, or {@link NO_LIST}. */
  readonly lists: ReadonlyMap<string, ListData>;
  /** The `spec` of each policy, by its name. */
  readonly policies: ReadonlyMap<string, object>;
  /** The `spec` of each binding for single namespaces, or for everybody's, by its name. */
  readonly bindings: Bindings;
  /** The binding for namespaces without a list. It comes after the others: so no namespace is ever in none. */
  readonly otherwise: Bindings;
  /** The namespaces that deployers work in. */
  readonly namespaces: readonly string[];
}

/**
 * Works out the admission gate of a stack.
 * @throws InputError where trust has no gate for it, or one that does not fit what it runs
 */
export function planAdmission(sources: Omit<ListSources, "settings">): AdmissionPlan {
  const { stack } = sources.platform;
  const settings = stack.gate;
  if (settings === undefined) {
    const message = `is missing, so ${stack.name} has no admission gate: write gate: { mode: enforce }`;
    refuseInput({ file: STACKS_FILE, path: `stacks.${stack.name}.gate`, message });
  }
  const problems = gateProblems({ ...sources, settings });
  if (problems.length > 0) throw new InputError(problems);
  const images = imageLists({ ...sources, settings });
  const namespaces = [...images.keys()];
  const { namespaces: bindings, otherwise } = bindingSpecs(namespaces, Object.keys(settings.exempt), settings.mode);
  return {
    lists: new Map([...[...images].map(([name, listed]) => [name, listData(listed)] as const), [NO_LIST, {}]]),
    policies: new Map<string, object>([
      [IMAGES_POLICY, imagesPolicySpec(stack.name)],
      [DEPLOYERS_POLICY, deployersPolicySpec(stack.name, namespaces)],
    ]),
    bindings: new Map<string, BindingSpec>([...bindings, [DEPLOYERS_POLICY, DEPLOYERS_BINDING_SPEC]]),
    otherwise: new Map([otherwise]),
    namespaces,
  };
}
