import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { refuseInput } from "./errors.ts";
import { canonicalJson } from "./json.ts";
import { addPair } from "./settingEdit.ts";
import { column, indentOf, lineEnd, splice } from "./textEdit.ts";

const MODULES = "imprimatur:modules";

/** What a module is to run: `[current]` or `[current, previous]`, each as `<version>@<manifest digest>`. */
export type PinTexts = readonly [current: string, previous?: string];

/**
 * The text of a stack file with other pins for one module. Nothing else changes, to the byte: comments, order, quotes and
 * line ends of all other lines stay.
 * @param file the name of the stack file, for messages
 * @throws InputError where the file is so written that the change could not be confined to the module
 */
export function writePins(text: string, module: string, pins: PinTexts, file: string): string {
  const document = parseDocument(text);
  const modules = document.getIn(["config", MODULES]);
  if (document.errors.length > 0 || !isMap(modules)) {
    refuseInput({ file, path: `config.${MODULES}`, message: "is no map of modules" });
  }
  const old = modules.get(module, true) as Node | undefined;
  const changed = old === undefined ? addModule(text, modules, module, pins) : replaceNode(text, old, pins);
  if (!changedOnly(document, changed, module, pins)) {
    const message = "cannot be changed without touching more than this module: write its pins as [current, previous]";
    refuseInput({ file, path: `config.${MODULES}.${module}`, message });
  }
  return changed;
}

function flow(pins: PinTexts): string {
  return `[${pins.filter((pin) => pin !== undefined).join(", ")}]`;
}

/** One line for each module, also where `{}` stood before: a promotion is a change of one line. */
function addModule(text: string, modules: YAMLMap, module: string, pins: PinTexts): string {
  const pair = `${module}: ${flow(pins)}`;
  const [start, end] = modules.range ?? [0, 0];
  const isOfItsLine = /^ *[^\s{]+: *$/.test(text.slice(start - column(text, start), start));
  if (!modules.flow || modules.items.length > 0 || !isOfItsLine) return addPair(text, modules, pair);
  const from = text.slice(0, start).trimEnd().length;
  return splice(text, from, end, `${lineEnd(text)}${" ".repeat(indentOf(text, start) + 2)}${pair}`);
}

function replaceNode(text: string, node: Node, pins: PinTexts): string {
  const [start, end] = node.range ?? [0, 0];
  if (isScalar(node) || isAlias(node)) return splice(text, start, end, flow(pins));
  if (!isSeq(node)) return text;
  return replaceItems(text, node, pins);
}

/** Item by item, so that a list over several lines keeps its form and its comments. */
function replaceItems(text: string, list: YAMLSeq, pins: PinTexts): string {
  const [first, second] = (list.items as Node[]).map(
    (item): readonly [number, number, number] => item.range ?? [0, 0, 0],
  );
  const [current, previous] = pins;
  if (first === undefined) return text;
  let changed = text;
  if (second !== undefined && previous !== undefined) changed = splice(changed, second[0], second[1], previous);
  else if (second !== undefined) return splice(text, list.range?.[0] ?? 0, list.range?.[1] ?? 0, flow(pins));
  else if (previous !== undefined) {
    const dash = list.flow ? ", " : `${lineEnd(text)}${" ".repeat(column(text, list.range?.[0] ?? 0))}- `;
    changed = splice(changed, first[1], first[1], `${dash}${previous}`);
  }
  return splice(changed, first[0], first[1], current);
}

/** Whether the new text says what the old one said, but for the pins of this module. */
function changedOnly(before: Document.Parsed, text: string, module: string, pins: PinTexts): boolean {
  const after = parseDocument(text);
  if (after.errors.length > 0) return false;
  try {
    const expected = before.toJS() as { config: Record<string, Record<string, unknown>> };
    const modules = { ...expected.config[MODULES], [module]: pins.filter((pin) => pin !== undefined) };
    return (
      canonicalJson({ ...expected, config: { ...expected.config, [MODULES]: modules } }) === canonicalJson(after.toJS())
    );
  } catch {
    return false;
  }
}
