import type { Catalogue } from "./catalogue.ts";
import type { Gate } from "./gate.ts";
import { blocksOf } from "./judgement/negatives.ts";
import { changesOf, type Ledger, runningIn } from "./ledger.ts";
import type { Platform, PlatformModule } from "./platform.ts";
import type { LedgerChange } from "./schema/ledger.ts";
import type { Release } from "./schema/manifest.ts";
import type { Module } from "./schema/module.ts";
import type { TrustedStack } from "./schema/trust.ts";

/** A release that a stack ran, as its ledger says; the catalogue may no longer have it. */
export interface Settled {
  readonly version: string;
  readonly manifestDigest: string;
}

/** One module that goes back to what it ran before. */
export interface StepBack {
  readonly module: string;
  /** What is pinned now; absent where the stack no longer pins the module. */
  readonly from?: Release;
  readonly to: Settled;
}

interface Judges {
  readonly catalogue: Catalogue;
  readonly gate: Gate;
  readonly stack: TrustedStack;
}

/**
 * What a module ran before what is pinned now: the last release that the ledger shows as settled, leaving out those that
 * have been blocked since, because they were taken back as well. Undefined where there is none.
 */
export function settledBeforePin(
  { module, current }: Pick<PlatformModule, "module" | "current">,
  judges: Judges,
): Settled | undefined {
  const { gate, stack } = judges;
  return changesOf(gate.ledger(stack.name), module.name)
    .reverse()
    .flatMap(settledOf)
    .find((settled) => settled.manifestDigest !== current.manifestDigest && !isBlocked(module, settled, judges));
}

/** The steps that take a stack back to what it ran after an entry of its ledger; modules that it did not run then stay. */
export function stepsBackTo(ledger: Ledger, seq: number, { modules }: Platform): StepBack[] {
  const known = ledger.entries.flatMap(({ entry }) => entry.changes.map(({ module }) => module));
  return [...new Set(known)].flatMap((module) => {
    const [to] = settledOf(runningIn(ledger, module, seq + 1));
    const from = modules.get(module)?.current;
    if (to === undefined || to.manifestDigest === from?.manifestDigest) return [];
    return [{ module, ...(from && { from }), to }];
  });
}

/** The release that was settled, if the catalogue still has it, byte for byte. */
export function releaseOf(
  catalogue: Catalogue,
  module: string,
  { version, manifestDigest }: Settled,
): Release | undefined {
  return catalogue.applied({ module, version, to: manifestDigest });
}

function settledOf(change: LedgerChange | undefined): Settled[] {
  if (change === undefined || change.to === null) return [];
  return [{ version: change.version, manifestDigest: change.to }];
}

function isBlocked(module: Module, settled: Settled, { catalogue, gate, stack }: Judges): boolean {
  const release = releaseOf(catalogue, module.name, settled);
  if (release === undefined) return false;
  return blocksOf(gate.records(module, release, stack), { module, release, stack }, catalogue.authority).length > 0;
}
