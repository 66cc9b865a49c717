import { servingProblems } from "../rollouts.ts";
import type { Violation } from "../verdict.ts";
import type { Judges } from "./allowed.ts";
import { inventoriesOf } from "./chartInventory.ts";
import { findClaimed, type ReleaseClaim } from "./claim.ts";

/** What a component says of a release that it upgrades in place. */
export interface UpgradeClaim extends ReleaseClaim {
  readonly configHash: string;
  /** Whether an upgrade that fails is taken back by itself. */
  readonly atomic: boolean;
}

/** A violation that may be no more than an advice. */
type Finding = Violation & { readonly advice?: boolean };

/**
 * Where a crash is to be seen before anything reverts, the old Pods serve meanwhile: by the signed inventory of its chart,
 * no Deployment ends one before a new one is ready. An inventory is not asked for here, but heard. What has run already is
 * the way back from the next one, so it is never refused, but advised against.
 */
export function judgeServing({ configHash, atomic, ...claim }: UpgradeClaim, judges: Judges): Finding[] {
  const { catalogue, gate, stack } = judges;
  const found = findClaimed(catalogue, claim);
  // What is of no release, or of a changed one, is refused by other rules.
  if (atomic || "violation" in found) return [];
  const { module, release } = found;
  const inventory = inventoriesOf(module, release, judges).find((each) => each.configHash === configHash);
  if (inventory === undefined) return [];
  const { settled } = gate.standing({ module, release, configHash }, stack);
  return servingProblems(inventory).map((problem) => ({
    message: `a crash of ${claim.module} ${claim.version} is to be seen first, and its old Pods would not all serve meanwhile: ${problem}`,
    remedy: `have the chart set strategy.rollingUpdate.maxUnavailable to 0, or drop atomic: false from catalog/modules/${module.name}.yaml`,
    ...(settled ? { advice: true } : {}),
  }));
}
