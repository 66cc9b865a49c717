/** Lines that are shown around a change. */
const CONTEXT = 3;

/** A change of one place in a text file, as a unified diff that `git apply` takes. Empty where nothing changed. */
export function unifiedDiff(path: string, before: string, after: string): string {
  if (before === after) return "";
  const [old, now] = [before.split("\n"), after.split("\n")];
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head += 1;
  let tail = 0;
  while (tail < old.length - head && tail < now.length - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1;
  const from = Math.max(0, head - CONTEXT);
  // Behind the last line break stands nothing: that is no line.
  const end = Math.min(old.length - tail + CONTEXT, before.endsWith("\n") ? old.length - 1 : old.length);
  const behind = old.slice(old.length - tail, end);
  const [removed, added] = [old.slice(head, old.length - tail), now.slice(head, now.length - tail)];
  const length = (lines: readonly string[]) => head - from + lines.length + behind.length;
  return [
    `--- a/${path}`,
    `+++ b/${path}`,
    `@@ -${from + 1},${length(removed)} +${from + 1},${length(added)} @@`,
    ...old.slice(from, head).map((line) => ` ${line}`),
    ...removed.map((line) => `-${line}`),
    ...added.map((line) => `+${line}`),
    ...behind.map((line) => ` ${line}`),
    "",
  ].join("\n");
}
