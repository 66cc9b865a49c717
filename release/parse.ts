import { distance } from "fastest-levenshtein";
import { isMap, LineCounter, parseDocument, type Document as YamlDocument } from "yaml";
import { z } from "zod";
import { InputError, nearest, nearestHint, type Problem } from "./errors.ts";
import type { Files } from "./files.ts";
import { isObject } from "./json.ts";

/** Larger than any file that people write; a larger one is refused before it is parsed. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Reads a YAML or JSON file and checks it with a schema.
 * @throws InputError naming file, line, key path, value and the nearest valid key or value.
 */
export function parseFile<T extends z.ZodType>(files: Files, path: string, schema: T): z.output<T> {
  const bytes = files.read(path);
  if (bytes === undefined) throw new InputError([{ file: path, path: "", message: "there is no such file" }]);
  return parseBytes(bytes, path, schema);
}

/**
 * As {@link parseFile}, for JSON that this program itself writes: of any size, and many times as fast. Where it is not as
 * it was written, {@link parseFile} says what is wrong.
 */
export function parseJsonFile<T extends z.ZodType>(files: Files, path: string, schema: T): z.output<T> {
  const bytes = files.read(path);
  try {
    const result = schema.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
    if (result.success) return result.data;
  } catch {
    // Not JSON: told below, with its line.
  }
  return parseFile(files, path, schema);
}

/** As {@link parseFile}, for bytes that are already at hand. */
export function parseBytes<T extends z.ZodType>(bytes: Uint8Array, file: string, schema: T): z.output<T> {
  const lines = new LineCounter();
  const document = parseYaml(bytes, file, lines);
  const result = schema.safeParse(toPlain(document, file));
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) => toProblems(issue, schema, document, file, lines));
  throw new InputError(problems);
}

function parseYaml(bytes: Uint8Array, file: string, lineCounter: LineCounter): YamlDocument.Parsed {
  if (bytes.byteLength > MAX_BYTES) {
    throw new InputError([
      { file, path: "", message: `is larger than ${MAX_BYTES} bytes`, value: `${bytes.byteLength}` },
    ]);
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new InputError([{ file, path: "", message: "is not UTF-8 text" }]);
  }
  // JSON is read by the same parser: it is a subset of YAML 1.2, and so both get line numbers and duplicate-key checks.
  const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: true });
  if (document.errors.length > 0) {
    throw new InputError(
      document.errors.map((error) => {
        const [first] = error.message.split("\n");
        return { file, path: "", message: `is not valid YAML: ${first}`, line: lineCounter.linePos(error.pos[0]).line };
      }),
    );
  }
  return document;
}

/** The document as plain values; an alias of nothing, or too many of them, only shows here. */
function toPlain(document: YamlDocument.Parsed, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    const message = `is not valid YAML: ${error instanceof Error ? error.message : String(error)}`;
    throw new InputError([{ file, path: "", message }]);
  }
}

/** Turns one zod issue into the problems that a user can act on. */
function toProblems(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  document: YamlDocument.Parsed,
  file: string,
  lines: LineCounter,
): Problem[] {
  const at = (keys: readonly PropertyKey[]) => ({ file, path: pathText(keys), ...lineOf(document, keys, lines) });
  if (issue.code === "unrecognized_keys") {
    const valid = keysAt(schema, issue.path);
    return issue.keys.map((key) => ({
      ...at([...issue.path, key]),
      message: "is not a known key here",
      value: key,
      // Another form of the same thing may have that very key.
      ...nearestHint(
        key,
        valid.filter((other) => other !== key),
      ),
    }));
  }
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    // The alternative that got furthest is the one that was meant.
    const depth = (issues: readonly z.core.$ZodIssue[]) => Math.max(0, ...issues.map((inner) => inner.path.length));
    const [best] = [...issue.errors].sort((a, b) => depth(b) - depth(a));
    if (best !== undefined && depth(best) > 0) {
      return best.flatMap((inner) =>
        toProblems({ ...inner, path: [...issue.path, ...inner.path] }, schema, document, file, lines),
      );
    }
  }
  const value = document.getIn(issue.path as unknown[]);
  const kinds = kindsOf(issue);
  if (kinds !== undefined) {
    const hint = typeof value === "string" ? nearestHint(value, kinds) : {};
    return [{ ...at(issue.path), message: `must be one of ${kinds.join(", ")}`, ...shown(value), ...hint }];
  }
  if ((issue.code === "invalid_type" || issue.code === "invalid_union") && value === undefined) {
    return [{ ...at(issue.path), message: "is missing", ...misspelt(issue.path, schema, document) }];
  }
  const problem = { ...at(issue.path), message: messageOf(issue), ...shown(value) };
  if (issue.code === "invalid_value" && typeof value === "string") {
    return [{ ...problem, ...nearestHint(value, issue.values.map(String)) }];
  }
  return [problem];
}

/** The kinds that there are, where a value is of none of them. One that may be left out counts as undefined, too. */
function kindsOf(issue: z.core.$ZodIssue): string[] | undefined {
  if (issue.code !== "invalid_union" || !("options" in issue) || !Array.isArray(issue.options)) return undefined;
  return issue.options.filter((option) => option !== undefined).map(String);
}

/** Where a key is missing and its map has one that the schema does not know, that one may be meant to be it. */
function misspelt(path: readonly PropertyKey[], schema: z.ZodType, document: YamlDocument.Parsed): Partial<Problem> {
  const parent = path.slice(0, -1);
  const map = parent.length === 0 ? document.contents : document.getIn(parent as unknown[], true);
  const known = new Set(keysAt(schema, parent));
  const present = isMap(map) ? map.items.map(({ key }) => String(key)) : [];
  const found = nearest(
    String(path.at(-1)),
    present.filter((key) => !known.has(key)),
  );
  if (found === undefined || distance(found, String(path.at(-1))) > 4) return {};
  return { value: found, nearest: String(path.at(-1)) };
}

function messageOf(issue: z.core.$ZodIssue): string {
  const [inner] = issue.code === "invalid_key" ? issue.issues : [];
  if (inner !== undefined) return `its name ${inner.message}`;
  if (issue.code === "invalid_value") return `must be one of ${issue.values.map(String).join(", ")}`;
  return issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
}

function shown(value: unknown): { value?: string } {
  if (value === undefined || value === null || typeof value === "object") return {};
  const text = String(value);
  return { value: text.length > 120 ? `${text.slice(0, 117)}...` : text };
}

function lineOf(document: YamlDocument.Parsed, keys: readonly PropertyKey[], lines: LineCounter): { line?: number } {
  for (let length = keys.length; length > 0; length -= 1) {
    const offset = offsetOf(document, keys.slice(0, length));
    if (offset !== undefined) return { line: lines.linePos(offset).line };
  }
  return {};
}

/** Where a key stands in the text: the position of the key itself in a map, of the item in a list. */
function offsetOf(document: YamlDocument.Parsed, keys: readonly PropertyKey[]): number | undefined {
  const parent = keys.length > 1 ? document.getIn(keys.slice(0, -1) as unknown[], true) : document.contents;
  const last = keys.at(-1);
  if (isMap(parent)) {
    const pair = parent.items.find((item) => String((item.key as { value?: unknown })?.value) === String(last));
    return (pair?.key as { range?: [number, number, number] } | undefined)?.range?.[0];
  }
  return (document.getIn(keys as unknown[], true) as { range?: [number, number, number] } | undefined)?.range?.[0];
}

/** `a.b[0]["c.d"]`: a key path as people write it. */
export function pathText(keys: readonly PropertyKey[]): string {
  return keys
    .map((key, index) => {
      if (typeof key === "number") return `[${key}]`;
      const text = String(key);
      if (!/^[\w:@/-]+$/.test(text)) return `[${JSON.stringify(text)}]`;
      return index === 0 ? text : `.${text}`;
    })
    .join("");
}

/** The keys that a schema allows at a path, read from its JSON Schema so that there is one source for both. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let nodes: unknown[] = [z.toJSONSchema(schema, { io: "input", unrepresentable: "any", reused: "inline" })];
  for (const key of path) {
    nodes = nodes.flatMap(alternatives).flatMap((node) => {
      const properties = isObject(node.properties) ? node.properties : {};
      return [properties[String(key)], node.additionalProperties, node.items].filter(isObject).slice(0, 1);
    });
  }
  return nodes.flatMap(alternatives).flatMap((node) => (isObject(node.properties) ? Object.keys(node.properties) : []));
}

function alternatives(node: unknown): Record<string, unknown>[] {
  if (!isObject(node)) return [];
  const inner = [node.anyOf, node.oneOf, node.allOf].filter(Array.isArray).flat();
  return [node, ...inner.flatMap(alternatives)];
}
