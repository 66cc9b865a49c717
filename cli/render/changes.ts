import type { ResourceReport } from "../report.ts";

/** What a component of ours says of the release that it belongs to: the module's own line has it already. */
const CLAIMS = new Set(["inputs.version", "inputs.channel", "inputs.manifestDigest"]);
/** The same, as annotations in a chart's values or on an object. */
const ANNOTATION = /\["imprimatur\.dev\/[\w-]+"\]$|\.imprimatur\.dev\/[\w-]+$/;

/** Changes of a resource that tell a reader something new; all of them where there are no others. */
export function tellingChanges({ type, changes }: ResourceReport): ResourceReport["changes"] {
  const isOurs = type.startsWith("imprimatur:");
  const telling = changes.filter(({ path }) => !(isOurs && CLAIMS.has(path)) && !ANNOTATION.test(path));
  return telling.length > 0 ? telling : changes;
}

/** A path as people write it: all that is under `inputs`, they call by its own name. */
export function shownPath(path: string): string {
  return path.replace(/^inputs\./, "");
}
