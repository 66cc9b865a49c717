import { type Ledger, succeededIn } from "./ledger.ts";

/** What a stack file pinned from a commit on: `<version>@sha256:…` by module. A channel that floats pins nothing. */
export interface PinnedCommit {
  readonly commit: string;
  /** RFC 3339 */
  readonly at: string;
  readonly pins: ReadonlyMap<string, string>;
}

/** A commit that moved the pin of a module, and the entry of the ledger that applied it. */
export interface PinChange {
  readonly module: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly commit: string;
  readonly at: string;
  /** Number of the entry; undefined where no entry tells of it. */
  readonly entry?: number;
  /** Without an entry, and nothing has been applied since: it may be still to come. */
  readonly pending?: true;
}

/** What an entry says was applied, and no commit had pinned by then. */
interface UnpinnedStep {
  readonly module: string;
  readonly version: string;
  readonly to: string | null;
  readonly entry: number;
  readonly at: string;
}

/** A stack's pins in git, held against its ledger. */
export interface PinHistory {
  readonly changes: readonly PinChange[];
  readonly unpinned: readonly UnpinnedStep[];
}

/**
 * Finds for every change of a pin the one entry that applied it, and for every entry the changes that it applied. An entry
 * applies all that was committed since the one before it, up to the pin that it names.
 * @param commits oldest first
 * @param complete whether the history is whole; if not, what the first commit pinned is taken as given
 */
export function pinHistory(commits: readonly PinnedCommit[], ledger: Ledger, complete: boolean): PinHistory {
  const modules = new Set(commits.flatMap(({ pins }) => [...pins.keys()]));
  const first = commits[0];
  const since = complete || first === undefined ? Number.NEGATIVE_INFINITY : Date.parse(first.at);
  const applied = succeededIn(ledger).filter(({ at }) => Date.parse(at) >= since);
  const last = Math.max(Number.NEGATIVE_INFINITY, ...applied.map(({ at }) => Date.parse(at)));
  const steps = applied.flatMap(({ seq, at, changes }) => changes.map((change) => ({ ...change, entry: seq, at })));
  for (const { module } of steps) modules.add(module);

  const found = [...modules].sort().map((module) => {
    const given = complete ? undefined : first?.pins.get(module);
    const own = steps.filter((step) => step.module === module);
    return matchSteps(changesOf(module, complete ? commits : commits.slice(1), given), own, given);
  });
  const changes = found
    .flatMap((each) => each.changes)
    .map((change): PinChange => {
      // Git knows whole seconds only.
      const open = change.entry === undefined && Date.parse(change.at) > last - 1000;
      return open ? { ...change, pending: true } : change;
    });
  return { changes: changes.sort(byInstant), unpinned: found.flatMap(({ unpinned }) => unpinned).sort(byInstant) };
}

/** Every time that the pin of a module moved. */
function changesOf(module: string, commits: readonly PinnedCommit[], given: string | undefined): PinChange[] {
  let from = given;
  return commits.flatMap(({ commit, at, pins }) => {
    const to = pins.get(module);
    if (to === from) return [];
    const change = { module, from, to, commit, at };
    from = to;
    return [change];
  });
}

function matchSteps(changes: readonly PinChange[], steps: readonly UnpinnedStep[], given: string | undefined) {
  const matched: PinChange[] = [...changes];
  const unpinned: UnpinnedStep[] = [];
  let next = 0;
  for (const step of steps) {
    const known = changes.filter(({ at }) => Date.parse(at) <= Date.parse(step.at)).length;
    const names = (pin: string | undefined) => (pin?.slice(pin.indexOf("@") + 1) ?? null) === step.to;
    const reached = changes.findLastIndex(({ to }, index) => index >= next && index < known && names(to));
    if (reached >= 0) {
      for (; next <= reached; next += 1) matched[next] = { ...(changes[next] as PinChange), entry: step.entry };
    } else if (!names(next === 0 ? given : changes[next - 1]?.to)) {
      unpinned.push({ module: step.module, version: step.version, to: step.to, entry: step.entry, at: step.at });
    }
  }
  return { changes: matched, unpinned };
}

function byInstant(a: { readonly at: string }, b: { readonly at: string }): number {
  return Date.parse(a.at) - Date.parse(b.at);
}
