import type { Dossier } from "./dossier.ts";
import { judgeEvidence } from "./evidence.ts";
import type { Judgement } from "./item.ts";
import { judgeNegatives, judgeOrigin } from "./negatives.ts";
import { judgeTime } from "./time.ts";
import { judgeVotes } from "./votes.ts";
import { applyWaivers } from "./waivers.ts";

/**
 * The one rule: whether a release has all that a stack asks of it.
 * Pure: the same dossier gives the same judgement, and more GO records never take away what is met.
 */
export function judge(dossier: Dossier): Judgement {
  const asked = [...judgeOrigin(dossier), ...judgeEvidence(dossier), ...judgeTime(dossier), ...judgeVotes(dossier)];
  const items = applyWaivers([...judgeNegatives(dossier), ...asked], dossier);
  return {
    items,
    passed: items.every(({ state }) => state === "met" || state === "waived"),
    rules: dossier.asked.rules,
  };
}
