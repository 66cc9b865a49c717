import { canonicalJson } from "../json.ts";
import { ofKind, type SignedRecord } from "../records.ts";
import type { Dossier } from "./dossier.ts";
import type { Item } from "./item.ts";

/** What no waiver can lift: somebody's standing word against the release, or a sign of tampering. */
const FINAL = /^(revoked|line|unusable:|veto:)/;

/** Whether a requirement, by its id, is one that no waiver can lift. */
export function isFinal(rule: string): boolean {
  return FINAL.test(rule);
}

/** Whether something is refused that no waiver can lift. */
export function isRefusedForGood({ id, state }: Item): boolean {
  return state === "refused" && isFinal(id);
}

/**
 * Lifts what is waived. A waiver counts when two different people who may waive have signed the very same text for this
 * release and stack, and it has not run out. An expired one lifts nothing.
 */
export function applyWaivers(items: readonly Item[], dossier: Dossier): Item[] {
  return items.map((item) => {
    if (item.state === "met" || isFinal(item.id)) return item;
    const signed = waiversFor(item.id, dossier);
    const signers = [...new Set(signed.map(({ person }) => person))].sort();
    if (signers.length < 2) return item;
    const [{ predicate }] = signed as [(typeof signed)[number]];
    const text = `${item.text}; waived until ${predicate.expires} by ${signers.join(", ")}: ${predicate.reason}`;
    return { id: item.id, state: "waived", text, records: [...item.records, ...signed.map(({ digest }) => digest)] };
  });
}

/**
 * The waivers of a rule by at least two people who signed the same text, the one that ends last; none where there are no such
 * two, or it has run out.
 */
export function waiversFor(
  rule: string,
  { records, release, stack, module, authority, now }: Dossier,
): SignedRecord<"waiver">[] {
  const standing = ofKind(records.records, "waiver").filter(
    ({ predicate, subjects, person }) =>
      predicate.rule === rule &&
      predicate.stack === stack.name &&
      subjects.includes(release.manifestDigest) &&
      Date.parse(predicate.at) <= now.getTime() &&
      now.getTime() < Date.parse(predicate.expires) &&
      authority.may(person, "waive", module.name, new Date(predicate.at)),
  );
  const ends = (group: readonly SignedRecord<"waiver">[]) => Date.parse(group[0]?.predicate.expires ?? "");
  return (
    [...Map.groupBy(standing, ({ predicate }) => canonicalJson(predicate)).values()]
      .filter((group) => new Set(group.map(({ person }) => person)).size >= 2)
      .sort((a, b) => ends(b) - ends(a))[0] ?? []
  );
}
