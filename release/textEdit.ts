/** Changes to a text that leave every byte elsewhere as it is: for files that people write and comment. */

/** The text with another piece between two offsets. */
export function splice(text: string, start: number, end: number, by: string): string {
  return text.slice(0, start) + by + text.slice(end);
}

/** How far from the start of its line an offset lies. */
export function column(text: string, offset: number): number {
  return offset - startOfLine(text, offset);
}

/** How many spaces the line begins with that an offset lies in. */
export function indentOf(text: string, offset: number): number {
  return /^ */.exec(text.slice(startOfLine(text, offset)))?.[0].length ?? 0;
}

/** Where the line ends that a value ends in, before its line break; blank lines behind the value are not part of it. */
export function endOfLine(text: string, valueEnd: number): number {
  const from = text.slice(0, valueEnd).trimEnd().length;
  const end = text.indexOf("\n", from);
  const at = end < 0 ? text.length : end;
  return text[at - 1] === "\r" ? at - 1 : at;
}

/** The line break that a text uses. */
export function lineEnd(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

function startOfLine(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}
