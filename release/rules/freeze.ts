import { freezesAt } from "../calendar/windows.ts";
import type { Catalogue } from "../catalogue.ts";
import type { Gate } from "../gate.ts";
import { parseImageRef } from "../imageRef.ts";
import type { ChartRef } from "../kubernetes/chartRef.ts";
import { type ImageUse, imageWords } from "../kubernetes/podImages.ts";
import { fullRepository } from "../kubernetes/repository.ts";
import { succeededIn } from "../ledger.ts";
import type { Release } from "../schema/manifest.ts";
import type { Violation } from "../verdict.ts";

/** A freeze that holds for a stack now. */
export interface Frozen {
  readonly stack: string;
  readonly name: string;
  readonly reason: string;
  readonly until: string;
  /** Every release that the stack runs, or has run, by its ledger. */
  readonly settled: readonly Release[];
}

/** The freeze that holds longest for a stack now, if any does. */
export function frozenAt(catalogue: Catalogue, gate: Gate, stack: string, now: Date): Frozen | undefined {
  const [longest] = freezesAt(catalogue.calendar, stack, now).sort(
    ([, a], [, b]) => Date.parse(b.until) - Date.parse(a.until),
  );
  if (longest === undefined) return undefined;
  const changes = succeededIn(gate.ledger(stack)).flatMap((entry) => entry.changes);
  const settled = new Set(changes.flatMap((change) => catalogue.applied(change) ?? []));
  const [name, { reason, until }] = longest;
  return { stack, name, reason, until, settled: [...settled] };
}

/** A release that the stack has never run is refused while it is frozen: what ran before may come back at any time. */
export function judgeFrozenRelease(
  { module, version, manifestDigest }: { module: string; version: string; manifestDigest: string },
  frozen: Frozen,
): Violation[] {
  return frozen.settled.some((release) => release.manifestDigest === manifestDigest)
    ? []
    : [refuse(`${module} ${version}`, frozen)];
}

/** Only images of what runs or ran pass, by their digest: whatever else changes about a workload may change. */
export function judgeFrozenImages(uses: readonly ImageUse[], frozen: Frozen): Violation[] {
  const digests = new Set(
    frozen.settled.flatMap(({ manifest }) => Object.values(manifest.images).map(({ digest }) => digest)),
  );
  return uses
    .filter(({ image }) => !digests.has(parseImageRef(image ?? "")?.digest ?? ""))
    .map((use) => refuse(use.image === undefined ? `the image at ${use.path}` : imageWords(use), frozen));
}

/** Only charts of what runs or ran pass, by their digest, or else their repository and version. */
export function judgeFrozenChart(ref: ChartRef | "unknown" | "local", frozen: Frozen): Violation[] {
  const known = frozen.settled.some(({ manifest: { chart } }) => {
    if (typeof ref === "string" || chart === undefined) return false;
    if (ref.digest !== undefined) return ref.digest === chart.digest;
    return ref.version === chart.version && fullRepository(ref.repository) === fullRepository(chart.repository);
  });
  return known ? [] : [refuse("its chart", frozen)];
}

function refuse(what: string, { stack, name, reason, until }: Frozen): Violation {
  return {
    message: `${what} is of no release that ${stack} runs or ran by its ledger, and ${stack} is frozen until ${until} (${name}: ${reason})`,
    remedy: `pin what runs or ran, or wait until ${until}; only a waiver of window-and-freeze for this resource goes before`,
  };
}
