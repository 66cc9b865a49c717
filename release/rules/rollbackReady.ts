import { blocksOf } from "../judgement/negatives.ts";
import { changesOf } from "../ledger.ts";
import { pinText } from "../pins.ts";
import { asksForBlessing } from "../requirements.ts";
import type { Release } from "../schema/manifest.ts";
import type { Module } from "../schema/module.ts";
import type { Violation } from "../verdict.ts";
import { type Judges as AllJudges, mayRun, refuseRelease } from "./allowed.ts";
import { findClaimed, type ReleaseClaim } from "./claim.ts";

type Judges = Pick<AllJudges, "catalogue" | "gate" | "stack">;

/** A violation that may be no more than an advice. */
type Finding = Violation & { readonly advice?: boolean };

/**
 * What a stack falls back on is there and may run: the release that its ledger shows as settled last, apart from the
 * current one and from what has been revoked or blocked since. A module that the stack has never run needs none.
 * @param previous what the component names as its previous release
 */
export function judgeRollback(
  claim: ReleaseClaim,
  previous: Omit<ReleaseClaim, "module"> | undefined,
  judges: Judges,
): Finding[] {
  const { catalogue, gate, stack } = judges;
  if (!asksForBlessing(catalogue.formality, stack)) return [];
  const current = findClaimed(catalogue, claim);
  if ("violation" in current) return [current.violation];
  const ledger = gate.ledger(stack.name);
  if (ledger.broken !== undefined) {
    const { path, message } = ledger.broken;
    return [{ message: `what ran before cannot be told: ${path} ${message}`, remedy: "git log -- catalog/ledger" }];
  }
  const settled = settledBefore(current.module, current.release, judges);
  const due = fallbackOf(current.module, current.release, judges);
  const pins = (release: Release) => `[${pinText(current.release)}, ${pinText(release)}]`;
  const pinned = `under imprimatur:modules.${claim.module} of Pulumi.${stack.name}.yaml`;
  if (previous === undefined) {
    if (settled.length === 0) return [];
    const message = `${stack.name} pins nothing to fall back on from ${claim.module} ${claim.version}`;
    if (due !== undefined) return [{ message, remedy: `write ${pins(due)} ${pinned}` }];
    // Refusing would also refuse the way back from what is blocked.
    return [{ message: `${message}, and nothing that it has run may run again`, advice: true }];
  }
  const fallback = findClaimed(catalogue, { ...previous, module: claim.module });
  if ("violation" in fallback)
    return [{ ...fallback.violation, message: `its previous release: ${fallback.violation.message}` }];
  const wrong = mayRun(fallback.release, judges)
    ? []
    : [refuseRelease("its previous release", fallback.release, judges)];
  if (due === undefined || due.manifestDigest === fallback.release.manifestDigest) return wrong;
  const message = `its previous release is ${words(fallback.release)}, and ${stack.name} has last run ${words(due)}`;
  return [...wrong, { message, remedy: `write ${pins(due)} ${pinned}` }];
}

/**
 * What a stack is to fall back on from a release: what it has run last besides it, unless that is blocked or may not run.
 * @param without manifest digest of a release that is about to be blocked
 */
export function fallbackOf(module: Module, current: Release, judges: Judges, without?: string): Release | undefined {
  const { catalogue, gate, stack } = judges;
  return settledBefore(module, current, judges).find((release) => {
    if (release.manifestDigest === without) return false;
    // A blocked release that runs keeps running, but is nothing to go back to.
    const records = gate.records(module, release, stack);
    return blocksOf(records, { module, release, stack }, catalogue.authority).length === 0 && mayRun(release, judges);
  });
}

/** What the stack has run of a module besides the current release, the latest first. */
function settledBefore(module: Module, current: Release, { catalogue, gate, stack }: Judges): Release[] {
  const changes = changesOf(gate.ledger(stack.name), module.name).reverse();
  const releases = changes.flatMap((change) => catalogue.applied(change) ?? []);
  return releases.filter(({ manifestDigest }) => manifestDigest !== current.manifestDigest);
}

function words({ manifest }: Release): string {
  return `${manifest.module} ${manifest.version}`;
}
