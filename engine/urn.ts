/** The type of the resource that stands for the stack itself. */
const STACK_TYPE = "pulumi:pulumi:Stack";

/** Whose resources are named: URNs of two stacks or projects never collide. */
export interface Scope {
  readonly project: string;
  readonly stack: string;
}

/** `urn:pulumi:<stack>::<project>::<type of the parent>$<type>::<name>`; the stack's own type is left out of the chain. */
export function makeUrn(scope: Scope, parent: string | undefined, type: string, name: string): string {
  const above = parent === undefined ? STACK_TYPE : qualifiedType(parent);
  const chain = above === STACK_TYPE ? type : `${above}$${type}`;
  return `urn:pulumi:${scope.stack}::${scope.project}::${chain}::${name}`;
}

/** URN of the resource that stands for the stack itself. */
export function stackUrn(scope: Scope): string {
  return makeUrn(scope, undefined, STACK_TYPE, `${scope.project}-${scope.stack}`);
}

/** URN of a provider, from the reference `<urn>::<id>` that the SDK sends. */
export function providerUrn(reference: string): string {
  return reference.slice(0, reference.lastIndexOf("::"));
}

/** The type of the named resource, with the types of its parents before it: `a:b:C$d:e:F`. */
function qualifiedType(urn: string): string {
  return urn.split("::")[2] ?? "";
}

/**
 * Whether an alias is one that a provider's SDK gives to every resource of a kind: the same package and kind under
 * another API version or module. Such aliases say nothing about the program.
 */
export function isKindAlias(urn: string, alias: string): boolean {
  return withoutModule(urn) === withoutModule(alias);
}

function withoutModule(urn: string): string {
  const parts = urn.split("::");
  const parents = qualifiedType(urn).split("$");
  const [pkg, , kind] = (parents.pop() ?? "").split(":");
  return [...parts.slice(0, 2), [...parents, `${pkg}:${kind}`].join("$"), ...parts.slice(3)].join("::");
}
