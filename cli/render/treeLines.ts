import type { Operation } from "../../release/planDiff.ts";
import type { ResourceReport, StackReport } from "../report.ts";
import { shownPath, tellingChanges } from "./changes.ts";
import { MARKS, type Style } from "./style.ts";
import { changeText, count, cut, cutStart, plain, shortDigest, shortType } from "./text.ts";
import { resourceTree, type TreeNode } from "./tree.ts";

/** Changed values of one resource that are shown; `--json` has them all. */
const SHOWN_CHANGES = 12;
/** Columns of the longest name and version before the next column gives way. */
const MAX_NAME = 36;
const MAX_VERSION = 34;
/** Share of the width that the path of a value may take. */
const PATH_SHARE = 0.46;

/** What a module's line shows besides its name. */
interface ModuleColumns {
  readonly version: string;
  readonly channel: string;
  readonly digest: string;
}

/** The resources of a stack as a tree, each module in a line of its own, what is alike below a resource in one. */
export function treeLines(stack: StackReport, style: Style, width: number): string[] {
  const columns = moduleColumns(stack);
  const roots = resourceTree(stack.resources).flatMap(withoutStack);
  const names = roots.map(({ resource }) => nameOf(resource).length);
  const nameWidth = Math.min(MAX_NAME, Math.max(0, ...names));
  const versionWidth = Math.min(
    MAX_VERSION,
    Math.max(0, ...[...columns.values()].map(({ version }) => version.length)),
  );

  const line = (op: Operation, depth: number, name: string, rest: string): string => {
    const start = `${"  ".repeat(depth + 1)}${MARKS[op]} `;
    // Names give way to the columns of modules only where they have to.
    const text = rest === "" ? name : `${cut(name, MAX_NAME).padEnd(nameWidth - 2 * depth)}  ${rest}`;
    return style.op(op, cut(`${start}${text}`, width));
  };
  const lineOf = ({ resource, size, uniform }: TreeNode, depth: number): string => {
    const module = resource.module === undefined ? undefined : columns.get(resource.module);
    const below = uniform !== undefined && size > 1 ? count(size, "resource") : "";
    return line(resource.op, depth, nameOf(resource), module === undefined ? below : moduleText(module, versionWidth));
  };
  const linesOf = (node: TreeNode, depth: number): string[] => {
    const { quiet, telling } = node.uniform === undefined ? splitChildren(node) : { quiet: 0, telling: [] };
    return [
      lineOf(node, depth),
      ...(isEchoed(node) ? [] : changeLines(node.resource, depth, style, width)),
      ...telling.flatMap((child) => linesOf(child, depth + 1)),
      ...(quiet > 0 ? [line("same", depth + 1, count(quiet, "resource"), "")] : []),
    ];
  };
  return roots.flatMap((root) => linesOf(root, 0));
}

/** Children with something to tell, and how many resources there are in the others, which are all unchanged. */
function splitChildren({ children }: TreeNode): { readonly quiet: number; readonly telling: readonly TreeNode[] } {
  const isQuiet = ({ uniform, resource }: TreeNode) => uniform === "same" && resource.module === undefined;
  const quiet = children.filter(isQuiet).reduce((sum, { size }) => sum + size, 0);
  return { quiet, telling: children.filter((child) => !isQuiet(child)) };
}

function moduleText({ version, channel, digest }: ModuleColumns, versionWidth: number): string {
  return `${cut(version, MAX_VERSION).padEnd(versionWidth)}  ${channel.padEnd(12)}  ${digest}`;
}

/** What a module's component is told shows again in what it makes; its own line has the version. */
function isEchoed({ resource, children }: TreeNode): boolean {
  return resource.module !== undefined && children.some((child) => child.resource.changes.length > 0);
}

/** The stack's own resource says nothing that the heading does not, unless something about it changes. */
function withoutStack(root: TreeNode): readonly TreeNode[] {
  const isPlainStack = root.resource.type === "pulumi:pulumi:Stack" && root.resource.changes.length === 0;
  return isPlainStack ? root.children : [root];
}

function nameOf({ module, type, name }: ResourceReport): string {
  return module ?? `${shortType(type)} ${plain(name)}`;
}

function changeLines(resource: ResourceReport, depth: number, style: Style, width: number): string[] {
  const indent = "  ".repeat(depth + 3);
  const changes = tellingChanges(resource);
  const shown = changes.slice(0, SHOWN_CHANGES).map(({ path, ...change }) => {
    return { path: cutStart(plain(shownPath(path)), Math.floor(width * PATH_SHARE)), change };
  });
  const pathWidth = Math.max(0, ...shown.map(({ path }) => path.length));
  const left = changes.length - shown.length;
  return [
    ...shown.map(({ path, change }) => {
      const room = width - indent.length - pathWidth - 2;
      return `${indent}${style.dim(path.padEnd(pathWidth))}  ${changeText(change, room)}`;
    }),
    ...(left > 0 ? [style.dim(`${indent}and ${left} more; --json shows all`)] : []),
  ];
}

function moduleColumns({ modules, pinChanges }: StackReport): ReadonlyMap<string, ModuleColumns> {
  const columns = new Map<string, ModuleColumns>();
  for (const { module, before } of pinChanges) {
    if (before === undefined) continue;
    columns.set(module, { version: plain(before.version), channel: "", digest: shortDigest(before.manifestDigest) });
  }
  for (const { name, version, channel, floating, manifestDigest } of modules) {
    const before = columns.get(name)?.version;
    columns.set(name, {
      version: before === undefined ? plain(version) : `${before} → ${plain(version)}`,
      channel: floating === undefined ? channel : `${channel}, floats`,
      digest: shortDigest(manifestDigest),
    });
  }
  return columns;
}
