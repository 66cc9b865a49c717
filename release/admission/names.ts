/** The namespace that holds the lists. Nobody but the gate keeper has rights in it, and no Pod may run in it. */
export const GATE_NAMESPACE = "imprimatur-gate";

/** The policy that judges images; its bindings begin with it. */
export const IMAGES_POLICY = "imprimatur-images";
/** The policy that keeps deployers to their own namespaces. */
export const DEPLOYERS_POLICY = "imprimatur-deployers";

/** The list for namespaces that have none: a dot is in no name of a namespace. */
export const NO_LIST = "no.list";

/** The group that deployers are in, in the cluster's own eyes. */
export const DEPLOYERS_GROUP = "imprimatur:deployers";

/** The label by which Kubernetes names every namespace, and which nobody can set to anything else. */
export const NAMESPACE_LABEL = "kubernetes.io/metadata.name";

const ENDING = "-gate";

/** The name of the stack that applies the admission gate of another. */
export function gateStackName(stack: string): string {
  return `${stack}${ENDING}`;
}

/** The stack whose admission gate a stack would apply, by its name; undefined where it is named otherwise. */
export function gatedStackName(stack: string): string | undefined {
  return stack.endsWith(ENDING) ? stack.slice(0, -ENDING.length) : undefined;
}
