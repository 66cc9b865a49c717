import { isMap, isSeq, type Node, parseDocument, stringify, type YAMLMap } from "yaml";
import { nearestHint, refuseInput } from "../../release/errors.ts";
import { canonicalJson } from "../../release/json.ts";
import { parseBytes } from "../../release/parse.ts";
import { PeopleFile } from "../../release/schema/people.ts";
import { column, endOfLine, lineEnd, splice } from "../../release/textEdit.ts";
import type { Context } from "../context.ts";

/** Where people and their keys stand. */
export const PEOPLE_FILE = "catalog/trust/people.yaml";

/** The public half of a key, and since when it counts. */
export interface NewKey {
  readonly publicKeyPem: string;
  /** RFC 3339 */
  readonly from: string;
}

/** @throws InputError where somebody who was named is nobody in trust */
export function checkPerson({ catalogue }: Context, flag: string, person: string): void {
  const known = Object.keys(catalogue.authority.people);
  if (known.includes(person)) return;
  refuseInput({
    file: flag,
    path: "",
    message: `is nobody in ${PEOPLE_FILE}`,
    value: person,
    ...nearestHint(person, known),
  });
}

/**
 * Adds a key to a person of a people file. Every line that is about something else stays as it is, to the byte; keys that
 * are there already stay too.
 * @param name how messages call the person; needed for somebody new
 * @throws InputError where the person is new and has no name, or the file is malformed
 */
export function addKey(peopleYaml: string, person: string, name: string | undefined, key: NewKey): string {
  parseBytes(Buffer.from(peopleYaml), PEOPLE_FILE, PeopleFile);
  const document = parseDocument(peopleYaml);
  const before = document.toJS() as { people: Record<string, { keys?: unknown[] }> };
  const entry: { keys?: unknown[] } | undefined =
    before.people[person] ?? (name === undefined ? undefined : ({ name } as object));
  if (entry === undefined) {
    const message = "is nobody yet: give their name with --name to add them";
    refuseInput({ file: PEOPLE_FILE, path: "people", message, value: person });
  }
  const added = { from: key.from, pem: key.publicKeyPem };
  const wanted = { ...entry, keys: [...(entry.keys ?? []), added] };
  const people = document.get("people") as YAMLMap;
  const changed = isMap(people.get(person))
    ? changePerson(peopleYaml, people, person, wanted, added)
    : addPerson(peopleYaml, people, person, wanted);
  parseBytes(Buffer.from(changed), PEOPLE_FILE, PeopleFile);
  const expected = { ...before, people: { ...before.people, [person]: wanted } };
  if (canonicalJson(parseDocument(changed).toJS()) !== canonicalJson(expected)) {
    const message = "cannot be changed without touching more than this person: add the key by hand (--print-only)";
    refuseInput({ file: PEOPLE_FILE, path: `people.${person}`, message });
  }
  return changed;
}

type Wanted = { readonly keys: readonly unknown[] };
type Added = { readonly from: string; readonly pem: string };

function changePerson(text: string, people: YAMLMap, person: string, wanted: Wanted, added: Added): string {
  const entry = people.get(person) as YAMLMap;
  const keys = entry.get("keys");
  if (!entry.flow && isSeq(keys) && !keys.flow) {
    return insertBehind(text, keys, block([added], column(text, startOf(keys)), text));
  }
  if (!entry.flow && keys === undefined) {
    const first = entry.items[0]?.key as Node | undefined;
    return insertBehind(
      text,
      entry,
      block({ keys: [added] }, column(text, first === undefined ? 0 : startOf(first)), text),
    );
  }
  if (!entry.flow && isSeq(keys)) {
    const at = entry.items.find((item) => item.value === keys)?.key as Node;
    return replaceFlow(text, keys, block(wanted.keys, column(text, startOf(at)) + 2, text));
  }
  const at = people.items.find((item) => item.value === entry)?.key as Node;
  return replaceFlow(text, entry, block(wanted, column(text, startOf(at)) + 2, text));
}

/** Lines in the place of a value that stands in one line. A comment behind it goes behind its key. */
function replaceFlow(text: string, node: Node, lines: string): string {
  const [start, end] = node.range ?? [0, 0];
  const comment = text.slice(end, endOfLine(text, end)).trimEnd();
  const by = `${comment}${lineEnd(text)}${lines}`;
  return splice(text, text.slice(0, start).trimEnd().length, endOfLine(text, end), by);
}

function addPerson(text: string, people: YAMLMap, person: string, wanted: object): string {
  if (people.flow)
    return replaceFlow(text, people, block({ ...(people.toJSON() as object), [person]: wanted }, 2, text));
  return insertBehind(text, people, block({ [person]: wanted }, column(text, startOf(people)), text));
}

function insertBehind(text: string, node: Node, lines: string): string {
  const at = endOfLine(text, node.range?.[1] ?? text.length);
  return splice(text, at, at, `${lineEnd(text)}${lines}`);
}

/** A value as YAML lines, so far in; without a line break at the end. */
function block(value: unknown, indent: number, text: string): string {
  return stringify(value, { lineWidth: 0 })
    .trimEnd()
    .replace(/^(?=.)/gm, " ".repeat(indent))
    .replaceAll("\n", lineEnd(text));
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}
