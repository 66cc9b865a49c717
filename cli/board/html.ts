import { plain } from "../render/text.ts";

/** Text that is HTML already: what {@link html} made. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | number | undefined | false | readonly Part[];

/**
 * A template for HTML. Whatever stands in it is escaped, in text and in quoted attributes alike, unless it is {@link Html}
 * itself; lists are joined, and nothing becomes of `undefined` and `false`.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const text = strings.reduce((all, literal, index) => `${all}${toText(parts[index - 1])}${literal}`);
  return new Html(text);
}

function toText(part: Part): string {
  if (part === undefined || part === false) return "";
  if (part instanceof Html) return part.text;
  if (typeof part === "string" || typeof part === "number") return escapeHtml(String(part));
  return part.map(toText).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Escapes text for HTML. Characters that steer a terminal or turn the direction of writing are taken out as well. */
function escapeHtml(text: string): string {
  return plain(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
