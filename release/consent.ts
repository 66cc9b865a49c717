import type { Authority } from "./authority.ts";
import type { Files } from "./files.ts";
import { canonicalJson } from "./json.ts";
import { policyWaiverFolder, urnDigest } from "./policyWaivers.ts";
import { ofKind, readRecords, type SignedRecord } from "./records.ts";
import type { KeyRing } from "./signing/key-ring.ts";

/** What nobody may do to a stack of class `prod` alone. */
export const GUARDED = ["destroy", "refresh"] as const;
export type Guarded = (typeof GUARDED)[number];

/** Two people in two roles who have signed that something may be done. */
export interface Consent {
  readonly people: readonly string[];
  readonly reason: string;
  /** SHA-256 of the files of their waivers. */
  readonly waivers: readonly string[];
}

/**
 * The consent to an operation on a stack: the same text, signed by two people who may waive for all modules, each in a role
 * that the other does not need to hold, and not run out. Undefined where there is none.
 * @param urn of the stack itself, which the waiver is signed for
 */
export function consentTo(
  operation: Guarded,
  { stack, urn, now }: { readonly stack: string; readonly urn: string; readonly now: Date },
  files: Files,
  { ring, authority }: { readonly ring: KeyRing; readonly authority: Authority },
): Consent | undefined {
  const { records } = readRecords(files, policyWaiverFolder(stack), ring, { now });
  const standing = ofKind(records, "waiver").filter(
    ({ predicate, subjects }) =>
      predicate.rule === operation &&
      predicate.stack === stack &&
      subjects.includes(urnDigest(urn)) &&
      Date.parse(predicate.at) <= now.getTime() &&
      now.getTime() < Date.parse(predicate.expires),
  );
  const groups = [...Map.groupBy(standing, ({ predicate }) => canonicalJson(predicate)).values()];
  const complete = groups.find((group) => hasTwoRoles(group, authority));
  const [first] = complete ?? [];
  if (complete === undefined || first === undefined) return undefined;
  return {
    people: [...new Set(complete.map(({ person }) => person))].sort(),
    reason: first.predicate.reason,
    waivers: [...new Set(complete.map(({ digest }) => digest))].sort(),
  };
}

/** Whether two different people can each speak in another role. */
function hasTwoRoles(group: readonly SignedRecord<"waiver">[], authority: Authority): boolean {
  const signers = group.flatMap(({ person, predicate }) =>
    authority.rolesWith(person, "waive", "", new Date(predicate.at)).map((role) => ({ person, role })),
  );
  return signers.some((one) => signers.some((other) => one.person !== other.person && one.role !== other.role));
}
