import { type Ledger, succeededIn } from "../ledger.ts";
import type { CanaryStep, LedgerChange, LedgerEntry } from "../schema/ledger.ts";

/** What a stack runs of one module, by its ledger. */
export interface RunningModule {
  readonly version: string;
  readonly manifestDigest: string;
  /** When it was applied, RFC 3339; a later entry that applied the same release again changes nothing. */
  readonly since: string;
  /** Number of the entry that applied it. */
  readonly entry: number;
  /** SHA-256 of the blessing's file; null where none was asked for. */
  readonly blessing: string | null;
  /** The release that ran before; absent for the first one. */
  readonly previous?: { readonly version: string; readonly manifestDigest: string };
}

/** Every module that a stack runs by its ledger, by name. */
export function runningModules(ledger: Ledger): ReadonlyMap<string, RunningModule> {
  const running = new Map<string, RunningModule>();
  for (const entry of succeededIn(ledger)) {
    for (const change of entry.changes) {
      const before = running.get(change.module);
      if (change.to === null) running.delete(change.module);
      else if (change.to !== before?.manifestDigest)
        running.set(change.module, started(change, change.to, entry, before));
    }
  }
  return running;
}

function started(change: LedgerChange, to: string, { seq, at }: LedgerEntry, before?: RunningModule): RunningModule {
  const { version, blessing } = change;
  const previous = before && { version: before.version, manifestDigest: before.manifestDigest };
  return { version, manifestDigest: to, since: at, entry: seq, blessing, ...(previous ? { previous } : {}) };
}

/** Where the canaries of a stack stand: the last step of each module that has one, or still owes something for one. */
export function canariesOf(ledger: Ledger): ReadonlyMap<string, CanaryStep & { readonly since: string }> {
  const steps = new Map<string, CanaryStep & { readonly since: string }>();
  for (const entry of succeededIn(ledger)) {
    if (entry.canary === undefined) continue;
    const { module, canary, owed } = entry.canary;
    if (canary === null && !owed) steps.delete(module);
    else steps.set(module, { ...entry.canary, since: entry.at });
  }
  return steps;
}
