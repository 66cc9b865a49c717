import type { Catalogue } from "./catalogue.ts";
import type { Files } from "./files.ts";
import { canonicalJson, sha256 } from "./json.ts";
import { POLICY_WAIVERS } from "./policyWaivers.ts";
import { ofKind, readRecords, type SignedRecord } from "./records.ts";
import { claimedInstant } from "./signing/claimed.ts";

/** Where it is recorded what somebody owes, and what is done. */
export const ACTIONS = "catalog/actions";

/** Something that somebody owes. */
export interface Action {
  /** 12 hex digits. */
  readonly id: string;
  readonly kind: "action" | "review";
  readonly what: string;
  readonly owner: string;
  /** RFC 3339 */
  readonly since: string;
  readonly due?: string;
  /** Who said that it is done, when, and what came of it. */
  readonly done?: { readonly person: string; readonly at: string; readonly note: string };
}

/**
 * What was ever owed, the oldest first: actions that somebody has added, and the reviews that emergencies owe.
 * It is done when its owner, or somebody who may waive, has said so.
 */
export function readActions(catalogue: Catalogue, files: Files, now: Date): Action[] {
  const { records } = readRecords(files, ACTIONS, catalogue.ring, { now });
  const own = ofKind(records, "action");
  const added = own.flatMap(({ predicate, digest }): Action[] => {
    if (predicate.step !== "open") return [];
    const { what, owner, at: since, due } = predicate;
    return [{ id: digest.slice(0, 12), kind: "action", what, owner, since, ...(due === undefined ? {} : { due }) }];
  });
  return [...added, ...owedReviews(catalogue, files)]
    .map((action) => withEnd(action, own, catalogue))
    .sort((a, b) => Date.parse(a.since) - Date.parse(b.since) || (a.id < b.id ? -1 : 1));
}

/** Whether a person may say that something is done. */
export function mayFinish({ authority }: Catalogue, { owner }: Action, person: string, at: Date): boolean {
  return person === owner || authority.may(person, "waive", "", at);
}

function withEnd(action: Action, records: readonly SignedRecord<"action">[], catalogue: Catalogue): Action {
  for (const { predicate, person } of records) {
    if (predicate.step !== "done" || predicate.id !== action.id) continue;
    const { at, note } = predicate;
    if (Date.parse(at) < Date.parse(action.since) || !mayFinish(catalogue, action, person, new Date(at))) continue;
    return { ...action, done: { person, at, note } };
  }
  return action;
}

/** The reviews of waivers that count: two people have signed the very same text, and it names who owes a review. */
function owedReviews(catalogue: Catalogue, files: Files): Action[] {
  const policy = files.list(POLICY_WAIVERS).map((stack) => ({ folder: `${POLICY_WAIVERS}/${stack}`, module: "" }));
  const release = files.list("catalog/evidence").flatMap((module) =>
    files.list(`catalog/evidence/${module}`).map((version) => ({
      folder: `catalog/evidence/${module}/${version}`,
      module,
    })),
  );
  return [...policy, ...release].flatMap(({ folder, module }) => {
    const waivers = readWaivers(catalogue, files, folder).filter(({ person, predicate }) =>
      catalogue.authority.may(person, "waive", module, new Date(predicate.at)),
    );
    const groups = Map.groupBy(waivers, ({ predicate, subjects }) => canonicalJson({ predicate, subjects }));
    return [...groups].flatMap(([text, group]): Action[] => {
      const people = new Set(group.map(({ person }) => person));
      const predicate = group[0]?.predicate;
      if (predicate?.review === undefined || people.size < 2) return [];
      const { owner, due } = predicate.review;
      const about =
        module === "" ? predicate.stack : `${folder.slice("catalog/evidence/".length)} for ${predicate.stack}`;
      const what = `review the waiver of ${predicate.rule} (${about}): ${predicate.reason}`;
      return [{ id: sha256(text).slice(0, 12), kind: "review", what, owner, since: predicate.at, due }];
    });
  });
}

/** The waivers of a folder, each as of when it was made: its review is owed also when its key has ended since. */
function readWaivers({ ring }: Catalogue, files: Files, folder: string): SignedRecord<"waiver">[] {
  const names = files.list(folder).filter((name) => name.startsWith("waiver-"));
  return names.flatMap((name) => {
    const now = claimedInstant(files.read(`${folder}/${name}`) ?? new Uint8Array());
    const one: Files = { read: (path) => files.read(path), list: () => [name] };
    return ofKind(readRecords(one, folder, ring, { now }).records, "waiver");
  });
}
