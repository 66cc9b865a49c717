import type { Operation } from "../../release/planDiff.ts";
import type { ResourceReport } from "../report.ts";

/** A resource with those that it is the parent of. */
export interface TreeNode {
  readonly resource: ResourceReport;
  readonly children: readonly TreeNode[];
  /** How many resources there are from here on down. */
  readonly size: number;
  /** The one operation of all of them, where there are neither changed values nor modules below; such a node is shown as one line. */
  readonly uniform: Operation | undefined;
}

/**
 * Resources as the trees that their parents make of them, in the order given. A resource whose parent is not
 * among them is a root.
 */
export function resourceTree(resources: readonly ResourceReport[]): readonly TreeNode[] {
  const known = new Set(resources.map(({ urn }) => urn));
  const byParent = Map.groupBy(resources, ({ parent }) => (parent !== undefined && known.has(parent) ? parent : ""));
  const build = (resource: ResourceReport): TreeNode => {
    const children = (byParent.get(resource.urn) ?? []).map(build);
    const size = children.reduce((sum, child) => sum + child.size, 1);
    return { resource, children, size, uniform: uniformOf(resource, children) };
  };
  return (byParent.get("") ?? []).map(build);
}

function uniformOf(resource: ResourceReport, children: readonly TreeNode[]): Operation | undefined {
  const alike = children.every((child) => child.uniform === resource.op && child.resource.module === undefined);
  return alike && resource.changes.length === 0 ? resource.op : undefined;
}
