import { ACTIONS } from "../../release/actions.ts";
import { WINDOW_RECORDS } from "../../release/calendar/steps.ts";
import type { Files } from "../../release/files.ts";
import { GONOGO } from "../../release/gonogo.ts";
import { isRestated, readLedger } from "../../release/ledger.ts";
import { LINE } from "../../release/line.ts";
import { POLICY_WAIVERS } from "../../release/policyWaivers.ts";
import { workingTree } from "../../store/files.ts";
import type { Context } from "../context.ts";
import type { Finding } from "./verification.ts";

/** What never changes once it is on the protected branch, and what to say of it where it does. */
const KEPT: Readonly<Record<string, string>> = {
  "catalog/evidence": "records are only ever added, and it counts all the same",
  "catalog/ledger": "entries are only ever added, and it counts all the same",
  [POLICY_WAIVERS]: "waivers are only ever added, and it counts all the same",
  [WINDOW_RECORDS]: "steps of a window are only ever added, and it counts all the same",
  [LINE]: "who stopped the line is only ever added to, and it counts all the same",
  [ACTIONS]: "what is owed is only ever added to, and it counts all the same",
  "catalog/releases": "a manifest never changes: cut another version",
  "catalog/trains": "a train never changes: make another one",
  [GONOGO]: "what was decided stays, and it counts all the same",
};

/**
 * Records, entries and manifests of the protected branch that the working tree has changed or taken away. An entry of a
 * ledger may go that was made in a taken place, and is told anew.
 */
export function appendOnlyProblems({ root, against, catalogue, files }: Context): Finding[] {
  if (against === undefined) return [];
  const isTold = (file: string) => {
    const [, stack = ""] = /^catalog\/ledger\/([^/]+)\//.exec(file) ?? [];
    const bytes = stack === "" ? undefined : against.read(file);
    const ledger = () => readLedger(files, stack, catalogue.ring, catalogue.authority);
    return bytes !== undefined && isRestated(ledger(), bytes, catalogue.ring);
  };
  const tree = workingTree(root);
  return Object.entries(KEPT).flatMap(([folder, why]) =>
    filesBelow(against, folder).flatMap((file) => {
      const change = changeOf(tree, against, file);
      return change === undefined || isTold(file) ? [] : [{ file, message: `was ${change} here: ${why}` }];
    }),
  );
}

/** Trust files that differ from those that are judged by. */
export function trustNotes({ root, against }: Context): Finding[] {
  if (against === undefined) return [];
  const tree = workingTree(root);
  const files = new Set([...filesBelow(against, "catalog/trust"), ...filesBelow(tree, "catalog/trust")]);
  return [...files].sort().flatMap((file) => {
    const change = changeOf(tree, against, file);
    const message = `was ${change} here: judged by the protected branch's until it is merged`;
    return change === undefined ? [] : [{ file, message }];
  });
}

function changeOf(tree: Files, against: Files, file: string): "deleted" | "changed" | "added" | undefined {
  const [here, there] = [tree.read(file), against.read(file)];
  if (there === undefined) return here === undefined ? undefined : "added";
  if (here === undefined) return "deleted";
  return Buffer.compare(here, there) === 0 ? undefined : "changed";
}

function filesBelow(files: Files, folder: string): string[] {
  return files.list(folder).flatMap((name) => {
    const path = `${folder}/${name}`;
    const below = files.list(path);
    return below.length > 0 ? filesBelow(files, path) : [path];
  });
}
