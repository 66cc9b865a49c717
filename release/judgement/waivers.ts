import { canonicalJson } from "../json.ts";
import { ofKind } from "../records.ts";
import type { Dossier } from "./dossier.ts";
import type { Item } from "./item.ts";

/** What no waiver can lift: somebody's standing word against the release, or a sign of tampering. */
const FINAL = /^(revoked|line|unusable:|veto:)/;

/** Whether a requirement, by its id, is one that no waiver can lift. */
export function isFinal(rule: string): boolean {
  return FINAL.test(rule);
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

function waiversFor(rule: string, { records, release, stack, module, authority, now }: Dossier) {
  const standing = ofKind(records.records, "waiver").filter(
    ({ predicate, subjects, person }) =>
      predicate.rule === rule &&
      predicate.stack === stack.name &&
      subjects.includes(release.manifestDigest) &&
      Date.parse(predicate.at) <= now.getTime() &&
      now.getTime() < Date.parse(predicate.expires) &&
      authority.may(person, "waive", module.name, new Date(predicate.at)),
  );
  const groups = Map.groupBy(standing, ({ predicate }) => canonicalJson(predicate));
  const complete = [...groups.values()].find((group) => new Set(group.map(({ person }) => person)).size >= 2);
  return complete ?? [];
}
