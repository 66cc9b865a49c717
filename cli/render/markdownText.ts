import { cut, plain } from "./text.ts";

/** Characters of any one text: a single value must not fill a comment or a page. */
const MAX_TEXT = 1_000;

/** Text as a code span, in which nothing is markup, a link or a mention. */
export function code(text: string): string {
  const line = cut(plain(text), MAX_TEXT) || " ";
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const padding = longest > 0 ? " " : "";
  return `${fence}${padding}${line}${padding}${fence}`;
}

/** A code span inside a table, where a bar would end the cell. */
export function cell(text: string): string {
  return code(text).replaceAll("|", "\\|");
}

/** Text that reads as text: markup is escaped, and no mention, reference or link comes of it. */
export function prose(text: string): string {
  return cut(plain(text), MAX_TEXT)
    .replace(/[\\`*_{}[\]()#+!|~-]/g, "\\$&")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/@/g, "@<!-- -->")
    .replace(/:\/\//g, ":<!-- -->//");
}
