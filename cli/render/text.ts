import { stripVTControlCharacters } from "node:util";

/** Text in one line that cannot steer a terminal: escape sequences and control characters are taken out. */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replace(/[\p{Cc}\p{Bidi_Control}]+/gu, " ");
}

/** `text` in at most `width` characters, the end of a longer one replaced by `…`. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** As {@link cut}, but for text whose end says most. */
export function cutStart(text: string, width: number): string {
  return text.length <= width ? text : `…${text.slice(text.length - width + 1)}`;
}

/** `1 refusal`, `2 refusals`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** The first twelve digits of a manifest or image digest, as git shortens commits. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, "").slice(0, 12);
}

/** The last part of a type token: `Release` of `kubernetes:helm.sh/v3:Release`. */
export function shortType(type: string): string {
  const [first = "", second = "", third = ""] = type.split(":");
  return first === "pulumi" && second === "providers" ? `Provider ${third}` : third || second || first;
}

/** `Release skaha`: a resource as people call it, from its URN. */
export function resourceName(urn: string): string {
  const [, , types = "", ...name] = urn.split("::");
  return `${shortType(types.split("$").at(-1) ?? "")} ${plain(name.join("::"))}`;
}

/** A word as the shell takes it literally. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A value in one line: text as it is, anything else as JSON, digests shortened. */
export function valueText(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return plain(text ?? "").replace(/\bsha256:([0-9a-f]{12})[0-9a-f]{52}\b/g, "sha256:$1…");
}

/** `before → after` in at most `width` characters; what both begin with makes room for where they differ. */
export function changeText(change: { readonly before?: unknown; readonly after?: unknown }, width: number): string {
  const has = (key: "before" | "after") => Object.hasOwn(change, key);
  if (!has("before")) return cut(`added ${valueText(change.after)}`, width);
  if (!has("after")) return cut(`removed ${valueText(change.before)}`, width);
  const [before, after] = [valueText(change.before), valueText(change.after)];
  if (before === after) return cut(`${before} → another value`, width);
  if (before.length + after.length + 3 <= width) return `${before} → ${after}`;
  const room = Math.floor((width - 3) / 2);
  const shared = sharedStart(before, after);
  const show = (text: string) => cut(text.length <= room || shared === 0 ? text : `…${text.slice(shared)}`, room);
  return `${show(before)} → ${show(after)}`;
}

/** Words in lines of at most `width` characters; a longer word stands alone, and a line that the text ends is ended. */
export function wrap(text: string, width: number): readonly string[] {
  return text.split("\n").flatMap((line) => {
    const lines: string[] = [];
    for (const word of plain(line).trim().split(/ +/)) {
      const last = lines.at(-1);
      if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(word);
    }
    return lines;
  });
}

/** How much of the start of two texts can be left out: up to the last separator before they differ. */
function sharedStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return Math.max(0, a.slice(0, length).search(/[/@ ,=][^/@ ,=]*$/));
}
