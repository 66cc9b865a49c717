import { nearestHint, refuseInput } from "../../release/errors.ts";
import { readLedger, runningIn } from "../../release/ledger.ts";
import { type NamedRelease, readReleases } from "../candidate.ts";
import type { Context } from "../context.ts";
import { readStacks } from "../stacks.ts";

/** Some releases at once: what a stack pins, what it ran after an entry of its ledger, or what a train carries. */
export interface Place {
  /** As it was typed. */
  readonly label: string;
  /** The stack, where it is one. */
  readonly stack?: string;
  /** A train says nothing of the modules that it does not carry. */
  readonly isTrain: boolean;
  readonly releases: ReadonlyMap<string, NamedRelease>;
}

/**
 * Reads `<stack>`, `<stack>@<number of a ledger entry>` or `<train>`.
 * @param flag for messages
 * @throws InputError with the nearest one
 */
export function readPlace(context: Context, text: string, flag: string): Place {
  const place = findPlace(context, text, flag);
  if (place !== undefined) return place;
  const { catalogue } = context;
  const message = "is no stack, <stack>@<entry of its ledger> or train";
  const hint = nearestHint(text, [...catalogue.stackNames, ...catalogue.trainNames]);
  return refuseInput({ file: flag, path: "", message, value: text, ...hint });
}

/** As {@link readPlace}; undefined where it is none. */
export function findPlace(context: Context, text: string, flag: string): Place | undefined {
  const { catalogue } = context;
  if (catalogue.trainNames.includes(text)) {
    return { label: text, isTrain: true, releases: byModule(readReleases(context, [text])) };
  }
  const [, stack = "", entry] = /^([^@]+)(?:@(\d+))?$/.exec(text) ?? [];
  if (!catalogue.stackNames.includes(stack)) return undefined;
  const releases = entry === undefined ? pinned(context, stack) : after(context, stack, Number(entry), flag);
  return { label: text, stack, isTrain: false, releases: byModule(releases) };
}

function pinned(context: Context, stack: string): NamedRelease[] {
  return readStacks(context, [stack], []).flatMap(({ platform }) =>
    [...platform.modules.values()].map(({ module, current }) => ({ module, release: current })),
  );
}

/** What a stack ran after an entry of its ledger, by manifests that are still as they were applied. */
function after({ catalogue, files }: Context, stack: string, seq: number, flag: string): NamedRelease[] {
  const ledger = readLedger(files, stack, catalogue.ring, catalogue.authority);
  if (seq < 1 || seq > ledger.entries.length) {
    const message = `${stack}'s ledger has ${ledger.entries.length} entries`;
    refuseInput({ file: flag, path: "", message, value: `${stack}@${seq}` });
  }
  return [...catalogue.modules.values()].flatMap((module) => {
    const change = runningIn(ledger, module.name, seq + 1);
    const release = change && catalogue.applied(change);
    return release === undefined ? [] : [{ module, release }];
  });
}

function byModule(releases: readonly NamedRelease[]): ReadonlyMap<string, NamedRelease> {
  return new Map(releases.map((named) => [named.module.name, named]));
}
