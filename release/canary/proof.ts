import type { Authority } from "../authority.ts";
import { type AnyRecord, ofKind } from "../records.ts";
import type { Release } from "../schema/manifest.ts";

/** Types of evidence that speak for or against a canary: numbers, and what a person saw. */
const CANARY_EVIDENCE: readonly string[] = ["canary-analysis", "verdict"];

/** Whether something speaks for giving a canary to more users, and why. */
export interface Proof {
  readonly proven: boolean;
  readonly reason: string;
}

/** What a proof is looked for by. */
export interface ProofQuestion {
  readonly release: Release;
  readonly stack: string;
  /** When the population was last changed: what was found before says nothing of it. */
  readonly since: Date;
  readonly now: Date;
  /** For how many hours a finding counts. */
  readonly freshHours: number;
  readonly authority: Authority;
}

/**
 * Whether the newest finding of each kind about a canary, in this stack and at the population that it has, is a good one
 * and at least one is there. So a person's word does not outweigh bad numbers, nor the other way round.
 */
export function proofOf(records: readonly AnyRecord[], question: ProofQuestion): Proof {
  const { release, stack, since, now, freshHours, authority } = question;
  const { module, version } = release.manifest;
  const found = ofKind(records, "evidence").filter(
    ({ predicate, subjects, person }) =>
      CANARY_EVIDENCE.includes(predicate.type) &&
      predicate.in === stack &&
      subjects.includes(release.manifestDigest) &&
      Date.parse(predicate.at) <= now.getTime() &&
      authority.may(person, "attest", module, new Date(predicate.at)),
  );
  const oldest = Math.max(since.getTime(), now.getTime() - freshHours * 3_600_000);
  const fresh = found.filter(({ predicate }) => Date.parse(predicate.at) >= oldest);
  const newest = [...Map.groupBy(fresh, ({ predicate }) => predicate.type).values()].map((group) =>
    group.reduce((a, b) => (isNewer(b.predicate, a.predicate) ? b : a)),
  );
  const bad = newest.find(({ predicate }) => predicate.result === "fail");
  if (bad !== undefined) {
    const { type, summary } = bad.predicate;
    return { proven: false, reason: `${type} by ${bad.person} speaks against ${version}: ${summary}` };
  }
  const [good] = newest;
  if (good === undefined) {
    const old =
      found.length === 0
        ? ""
        : `; what there is was found before the population was changed, or over ${freshHours} hours ago`;
    return { proven: false, reason: `nothing says how ${version} does at the population that it has${old}` };
  }
  return { proven: true, reason: newest.map(({ predicate, person }) => `${predicate.type} by ${person}`).join(", ") };
}

/** Of two at the same instant, a failure counts. */
function isNewer(a: { at: string; result: string }, b: { at: string; result: string }): boolean {
  const gap = Date.parse(a.at) - Date.parse(b.at);
  return gap > 0 || (gap === 0 && a.result === "fail");
}
