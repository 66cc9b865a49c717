/** What an object is, without the version of its API. */
export interface ObjectKind {
  /** Such as `apps`, or `core` for what has no group. */
  readonly group: string;
  readonly kind: string;
}

const TYPE = /^kubernetes:([^/]+)\/[^:]+:(\w+)$/;

/**
 * The kind of a Kubernetes object: what it says itself or else what its resource type says, `kubernetes:apps/v1:Deployment`.
 * Undefined where it is no such object. A patch is of the kind that it patches.
 */
export function kindOf(type: string, props: Readonly<Record<string, unknown>>): ObjectKind | undefined {
  const [, group, kind] = TYPE.exec(type) ?? [];
  if (group === undefined || kind === undefined) return undefined;
  if (typeof props.apiVersion === "string" && typeof props.kind === "string") {
    const [first = "", version] = props.apiVersion.split("/");
    return { group: version === undefined ? "core" : first, kind: props.kind };
  }
  return { group, kind: kind.replace(/Patch$/, "") };
}
