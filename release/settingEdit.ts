import { type Document, isMap, isScalar, type Node, type Pair, parseDocument, stringify, type YAMLMap } from "yaml";
import { refuseInput } from "./errors.ts";
import { canonicalJson, isObject } from "./json.ts";
import { column, endOfLine, indentOf, lineEnd, splice } from "./textEdit.ts";

/**
 * The text of a YAML file with another value at one place. Nothing else changes, to the byte: comments, order, quotes and
 * line ends stay. A value is written on one line; where maps on the way to it are missing, so are they.
 * @param path keys from the top
 * @param value what is to stand there; undefined takes the key away, and with it every map that has no other
 * @param file the name of the file, for messages
 * @throws InputError where the file is so written that the change could not be confined to the place
 */
export function writeSetting(text: string, path: readonly string[], value: unknown, file: string): string {
  const document = parseDocument(text);
  const changed = document.errors.length > 0 ? text : edited(text, document, path, value);
  if (!changedOnly(document, changed, path, value)) {
    const message = "cannot be changed without touching more than this: write it as a plain map";
    refuseInput({ file, path: path.join("."), message });
  }
  return changed;
}

function edited(text: string, document: Document.Parsed, path: readonly string[], value: unknown): string {
  const maps = mapsOn(document, path);
  const map = maps.at(-1);
  const key = path[maps.length - 1];
  if (map === undefined || key === undefined) return text;
  const pair = pairOf(map, key);
  if (value === undefined) return maps.length === path.length && pair !== undefined ? without(text, maps, path) : text;
  const nested = path.slice(maps.length).reduceRight((inner, name) => ({ [name]: inner }), value);
  // Something else than a map stands where the way goes on.
  if (maps.length < path.length && pair?.value && !(isScalar(pair.value) && pair.value.value === null)) return text;
  if (pair === undefined) return addPair(text, map, `${stringify(key).trim()}: ${flow(nested)}`);
  return replaceValue(text, pair, flow(nested));
}

/** The maps that lie on the way to a place, from the top on; the last one holds the place, or what is missing of the way. */
function mapsOn(document: Document.Parsed, path: readonly string[]): YAMLMap[] {
  const maps: YAMLMap[] = [];
  let node: unknown = document.contents;
  for (const key of path) {
    if (!isMap(node)) break;
    maps.push(node);
    node = node.get(key, true);
  }
  return maps;
}

function pairOf(map: YAMLMap, key: string): Pair<Node, Node | null> | undefined {
  return map.items.find(({ key: found }) => isScalar(found) && found.value === key) as Pair<Node, Node | null>;
}

function flow(value: unknown): string {
  return stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trim();
}

function replaceValue(text: string, { key, value }: Pair<Node, Node | null>, by: string): string {
  const keyEnd = text.indexOf(":", key.range?.[1]) + 1;
  const [start, end] = value?.range ?? [keyEnd, keyEnd];
  // What has no value is `key:` and nothing more; a block stands on lines of its own, which one line takes the place of.
  if (start === end || text.slice(keyEnd, start).includes("\n")) {
    return splice(text, keyEnd, start === end ? keyEnd : endOfLine(text, end), ` ${by}`);
  }
  return splice(text, start, end, by);
}

/** A new line behind the last one of a map, as far in as the others, or a new item of a map on one line. */
export function addPair(text: string, map: YAMLMap, pair: string): string {
  const [start, end] = map.range ?? [0, 0];
  const last = map.items.at(-1) as Pair<Node, Node | null> | undefined;
  const lastEnd = last?.value?.range?.[1] ?? last?.key.range?.[1];
  if (map.flow) {
    if (lastEnd !== undefined) return splice(text, lastEnd, lastEnd, `, ${pair}`);
    return splice(text, start, end, `{ ${pair} }`);
  }
  const indent = " ".repeat(column(text, (map.items[0]?.key as Node | undefined)?.range?.[0] ?? start));
  const at = endOfLine(text, lastEnd ?? end);
  return splice(text, at, at, `${lineEnd(text)}${indent}${pair}`);
}

/** Takes the outermost key away that holds nothing but the place. */
function without(text: string, maps: readonly YAMLMap[], path: readonly string[]): string {
  let depth = maps.length - 1;
  while (depth > 0 && maps[depth]?.items.length === 1) depth -= 1;
  const map = maps[depth] as YAMLMap;
  const items = map.items as Pair<Node, Node | null>[];
  const index = items.findIndex(({ key }) => isScalar(key) && key.value === path[depth]);
  const { key, value } = items[index] as Pair<Node, Node | null>;
  const start = key.range?.[0] ?? 0;
  const end = value?.range?.[1] ?? key.range?.[1] ?? start;
  if (map.flow) {
    const next = items[index + 1]?.key.range?.[0];
    if (next !== undefined) return splice(text, start, next, "");
    const before = items[index - 1];
    const from = before?.value?.range?.[1] ?? before?.key.range?.[1] ?? start;
    return splice(text, from, end, "");
  }
  const lineStart = start - indentOf(text, start);
  return splice(text, lineStart, Math.min(text.length, endOfLine(text, end) + lineEnd(text).length), "");
}

/** Whether the new text says what the old one said, but for the one place. */
function changedOnly(before: Document.Parsed, text: string, path: readonly string[], value: unknown): boolean {
  const after = parseDocument(text);
  if (before.errors.length > 0 || after.errors.length > 0) return false;
  try {
    return canonicalJson(placed(before.toJS() ?? {}, path, value)) === canonicalJson(after.toJS() ?? {});
  } catch {
    return false;
  }
}

function placed(tree: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const before = isObject(tree) ? tree : {};
  const inner = placed(before[key], rest, value);
  const emptied = inner === undefined || (value === undefined && isObject(inner) && Object.keys(inner).length === 0);
  const { [key]: _, ...others } = before;
  return emptied ? others : { ...before, [key]: inner };
}
