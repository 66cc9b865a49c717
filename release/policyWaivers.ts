import type { Files } from "./files.ts";
import { sha256 } from "./json.ts";
import { ofKind, readRecords } from "./records.ts";
import type { KeyRing } from "./signing/key-ring.ts";
import type { PolicyVerdict } from "./verdict.ts";

/** What the words for a violation begin with that two people have waived. */
export const WAIVED = "waived: ";

/** Where the waivers of policies stand, one folder a stack: they are about resources, not releases. */
export const POLICY_WAIVERS = "catalog/waivers";

/** The folder of the waivers of policies in a stack. */
export function policyWaiverFolder(stack: string): string {
  return `${POLICY_WAIVERS}/${stack}`;
}

/** What a waiver for a resource is signed over: the resource's URN, as `sha256:…` of its text. */
export function urnDigest(urn: string): string {
  return `sha256:${sha256(urn)}`;
}

/**
 * The waivers that a stack's verdicts rest on: of each violation that is shown as waived, the files that both signed.
 * @returns the SHA-256 of each, sorted
 */
export function waiversUsed(
  verdicts: readonly PolicyVerdict[],
  stack: string,
  files: Files,
  ring: KeyRing,
  now: Date,
): string[] {
  const waived = verdicts.flatMap(({ policy, violations }) =>
    violations.flatMap(({ urn, message }) =>
      urn !== undefined && message.startsWith(WAIVED) ? [`${policy} ${urnDigest(urn)}`] : [],
    ),
  );
  if (waived.length === 0) return [];
  const { records } = readRecords(files, policyWaiverFolder(stack), ring, { now });
  const used = ofKind(records, "waiver").filter(
    ({ predicate, subjects }) =>
      now.getTime() < Date.parse(predicate.expires) &&
      subjects.some((subject) => waived.includes(`${predicate.rule} ${subject}`)),
  );
  return [...new Set(used.map(({ digest }) => digest))].sort();
}
