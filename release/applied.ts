import type { z } from "zod";
import { windowsFor } from "./calendar/windows.ts";
import type { PlatformCanary } from "./canary/read.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Gate } from "./gate.ts";
import { canonicalJson } from "./json.ts";
import { changesOf, type Ledger, runningIn, succeededIn } from "./ledger.ts";
import type { Platform } from "./platform.ts";
import { type AnyRecord, ofKind } from "./records.ts";
import type { DeployedCanary, LedgerAction, LedgerChange, LedgerEntry } from "./schema/ledger.ts";

/** What an entry of the ledger tells of an update, as far as it is known before it begins. */
export type AppliedFacts = Pick<
  z.input<typeof LedgerEntry>,
  "action" | "changes" | "canaries" | "approvers" | "waivers" | "window"
>;

/**
 * What an update of a stack to a platform changes, by the stack's ledger, and who signed for that: its blessings, the votes
 * and waivers that those name, and the window that is open.
 */
export function factsOf(platform: Platform, gate: Gate, catalogue: Catalogue, now: Date): AppliedFacts {
  const { stack, modules } = platform;
  const ledger = gate.ledger(stack.name);
  const applied = [...modules.values()].flatMap(({ module, current, configHash }) => {
    const before = runningIn(ledger, module.name);
    const { blessing } = gate.standing({ module, release: current, configHash }, stack);
    const change: LedgerChange = {
      module: module.name,
      version: current.manifest.version,
      from: before?.to ?? null,
      to: current.manifestDigest,
      blessing: blessing?.digest ?? null,
    };
    // The same release, blessed for another configuration, is a change too.
    if (change.from === change.to && change.blessing === (before?.blessing ?? null)) return [];
    const named = new Set(blessing?.predicate.inputAttestations.map(({ digest }) => digest.sha256));
    const records = gate.records(module, current, stack).filter(({ digest }) => named.has(digest));
    return [{ change, records }];
  });
  const changes = [...applied.map(({ change }) => change), ...removals(ledger, new Set(modules.keys()))];
  const records = applied.flatMap((entry) => entry.records);
  const open = changes.map(({ module }) => windowsFor(catalogue.calendar, { stack: stack.name, module, now }).open);
  const window = open.find((occurrence) => occurrence !== undefined)?.window;
  return {
    action: actionOf(ledger, changes),
    changes,
    canaries: [...modules.values()].flatMap(({ module, canary }) =>
      canary === undefined ? [] : [deployedCanary(module.name, canary)],
    ),
    approvers: approversIn(records),
    waivers: [...new Set(ofKind(records, "waiver").map(({ digest }) => digest))].sort(),
    ...(window === undefined ? {} : { window }),
  };
}

function deployedCanary(module: string, { release, population }: PlatformCanary): DeployedCanary {
  return { module, version: release.manifest.version, to: release.manifestDigest, weight: population };
}

/** Whether what a stack stands on by its ledger, the last update that succeeded, has a canary as it is now. */
export function hasDeployed(ledger: Ledger, module: string, canary: PlatformCanary): boolean {
  const last = succeededIn(ledger).findLast(({ action }) => !["canary", "flag"].includes(action));
  const wanted = canonicalJson(deployedCanary(module, canary));
  return last?.canaries.some((deployed) => canonicalJson(deployed) === wanted) ?? false;
}

/** What the ledger says when nothing of a stack is left. */
export function removals(ledger: Ledger, kept: ReadonlySet<string> = new Set()): LedgerChange[] {
  const known = new Set(ledger.entries.flatMap(({ entry }) => entry.changes.map(({ module }) => module)));
  return [...known].sort().flatMap((module) => {
    const before = runningIn(ledger, module);
    if (kept.has(module) || before === undefined || before.to === null) return [];
    return [{ module, version: before.version, from: before.to, to: null, blessing: null }];
  });
}

/** A rollback is an update that goes back to what ran before, with all that it changes. */
function actionOf(ledger: Ledger, changes: readonly LedgerChange[]): LedgerAction {
  const ran = (module: string, digest: string | null) =>
    digest !== null && changesOf(ledger, module).some(({ to }) => to === digest);
  const back = changes.filter(({ module, from, to }) => from !== null && from !== to && ran(module, to));
  return changes.length > 0 && back.length === changes.length ? "rollback" : "update";
}

function approversIn(records: readonly AnyRecord[]): LedgerEntry["approvers"] {
  const votes = ofKind(records, "vote").filter(({ predicate }) => predicate.verdict === "GO");
  const approvers = votes.map(({ person, predicate, digest }) => ({ person, role: predicate.role, vote: digest }));
  return [...new Map(approvers.map((approver) => [approver.vote, approver])).values()].sort((a, b) =>
    a.vote < b.vote ? -1 : 1,
  );
}
