import { canonicalJson } from "../release/json.ts";
import { policyWaiverFolder, urnDigest } from "../release/policyWaivers.ts";
import { ofKind, readRecords, type SignedRecord } from "../release/records.ts";
import type { Finding, RuleContext } from "./rule.ts";

/** A violation, and by whom it is waived, where it is. */
export type Waivable = Finding & { readonly waived?: string };

/**
 * Marks the violations that are waived: two people who may waive have signed the same text for this policy and resource,
 * and it has not run out. They stay in every plan, as advice; an expired waiver lifts nothing, and is named.
 */
export function withWaivers(
  policy: string,
  violations: readonly Finding[],
  context: RuleContext<unknown>,
): readonly Waivable[] {
  if (violations.length === 0) return violations;
  const { catalogue, files, stack, now } = context;
  const { records } = readRecords(files, policyWaiverFolder(stack.name), catalogue.ring, { now });
  const waivers = ofKind(records, "waiver").filter(
    ({ predicate, person }) =>
      predicate.rule === policy &&
      predicate.stack === stack.name &&
      Date.parse(predicate.at) <= now.getTime() &&
      catalogue.authority.may(person, "waive", "", new Date(predicate.at)),
  );
  return violations.map((violation) => judgeWaiver(violation, waivers, now));
}

function judgeWaiver(violation: Finding, waivers: readonly SignedRecord<"waiver">[], now: Date): Waivable {
  if (violation.urn === undefined) return violation;
  const about = waivers.filter(({ subjects }) => subjects.includes(urnDigest(violation.urn ?? "")));
  const groups = [...Map.groupBy(about, ({ predicate }) => canonicalJson(predicate)).values()];
  const complete = groups.filter((group) => new Set(group.map(({ person }) => person)).size >= 2);
  const valid = complete.find(([first]) => first !== undefined && now.getTime() < Date.parse(first.predicate.expires));
  if (valid?.[0] !== undefined) {
    const signers = [...new Set(valid.map(({ person }) => person))].sort().join(", ");
    const { reason, expires } = valid[0].predicate;
    return { ...violation, waived: `by ${signers} until ${expires}: ${reason}` };
  }
  const [expired] = complete[0] ?? [];
  if (expired === undefined) return violation;
  return { ...violation, message: `${violation.message}\nits waiver ran out at ${expired.predicate.expires}` };
}
