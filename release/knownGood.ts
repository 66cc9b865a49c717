import type { Catalogue } from "./catalogue.ts";
import type { Gate } from "./gate.ts";
import { succeededIn } from "./ledger.ts";
import type { Release } from "./schema/manifest.ts";
import type { Module } from "./schema/module.ts";
import type { TrustedStack } from "./schema/trust.ts";

/** What a module can go back to in a stack. */
export interface KnownGood {
  /** The release that ran there last before, and may still run. */
  readonly release: Release;
  /** Number of the ledger entry that brought it. */
  readonly seq: number;
  /** When that was. */
  readonly since: string;
}

/** A release that ran in a stack and cannot be gone back to, and why. */
export interface PassedOver {
  readonly version: string;
  readonly why: string;
}

/**
 * The release that a stack would go back to if `release` turned out bad: the last other one that was applied with success,
 * whose manifest is as it was applied, and which may still run. What is passed over on the way is told, newest first.
 */
export function knownGoodFor(
  { catalogue, gate }: { readonly catalogue: Catalogue; readonly gate: Gate },
  module: Module,
  release: Release,
  stack: TrustedStack,
): { readonly knownGood?: KnownGood; readonly passedOver: readonly PassedOver[] } {
  const passedOver: PassedOver[] = [];
  const ledger = gate.ledger(stack.name);
  const { broken } = ledger;
  if (broken !== undefined) passedOver.push({ version: "", why: `${broken.path} ${broken.message}` });
  for (const entry of succeededIn(ledger).reverse()) {
    const change = entry.changes.find((candidate) => candidate.module === module.name);
    if (change === undefined || change.to === null || change.to === release.manifestDigest) continue;
    const { version } = change;
    const before = catalogue.applied(change);
    if (before === undefined) {
      passedOver.push({ version, why: "its manifest is gone, or is not the one that was applied" });
      continue;
    }
    const { allowed, judgement } = gate.standingAnyhow(module, before, stack);
    if (allowed) return { knownGood: { release: before, seq: entry.seq, since: entry.at }, passedOver };
    const refused = judgement.items.filter(({ state }) => state === "refused").map(({ text }) => text);
    passedOver.push({ version, why: refused.join("; ") || "it is not blessed any more" });
  }
  return { passedOver };
}
