import type { Authority } from "./authority.ts";
import type { Files } from "./files.ts";
import { LedgerEntry } from "./schema/ledger.ts";
import { RECORDS } from "./schema/predicates.ts";
import { claimedInstant } from "./signing/claimed.ts";
import type { KeyRing } from "./signing/key-ring.ts";
import { SignatureRefusal } from "./signing/refusal.ts";
import { verifyBundle } from "./signing/verify.ts";

/** An entry with the file that holds it. */
export interface SignedEntry {
  readonly entry: LedgerEntry;
  readonly person: string;
  readonly path: string;
  readonly digest: string;
}

/** What was applied in one stack, oldest first, as far as the chain holds. */
export interface Ledger {
  readonly stack: string;
  readonly entries: readonly SignedEntry[];
  /** What is wrong with it, and where; nothing behind that place counts. */
  readonly broken?: { readonly path: string; readonly message: string };
}

/** The folder of a stack's ledger. */
function ledgerFolder(stack: string): string {
  return `catalog/ledger/${stack}`;
}

/** The file of an entry, so that the order of names is the order of entries. */
export function ledgerFile(stack: string, seq: number): string {
  return `${ledgerFolder(stack)}/${String(seq).padStart(6, "0")}.sigstore.json`;
}

/**
 * Reads and verifies a stack's ledger. Never throws on what a file contains.
 */
export function readLedger(files: Files, stack: string, ring: KeyRing, authority: Authority): Ledger {
  const entries: SignedEntry[] = [];
  for (const name of files.list(ledgerFolder(stack))) {
    const path = `${ledgerFolder(stack)}/${name}`;
    const seq = entries.length + 1;
    const read = readEntry(files.read(path), path, ring);
    const wrong = "message" in read ? read.message : linkProblem(read, stack, seq, path, entries.at(-1), authority);
    if (wrong !== undefined || "message" in read) return { stack, entries, broken: { path, message: wrong ?? "" } };
    entries.push(read);
  }
  return { stack, entries };
}

function readEntry(bytes: Uint8Array | undefined, path: string, ring: KeyRing): SignedEntry | { message: string } {
  if (bytes === undefined) return { message: "cannot be read" };
  try {
    // An entry is judged as of when it was made: that a recorder's key has ended since takes nothing from what was recorded.
    const { statement, signer, digest } = verifyBundle(bytes, ring, { now: claimedInstant(bytes) });
    const parsed = LedgerEntry.safeParse(statement.predicate);
    if (statement.predicateType !== RECORDS.ledger.type || !parsed.success) return { message: "is no ledger entry" };
    return { entry: parsed.data, person: signer.person, path, digest };
  } catch (error) {
    if (!(error instanceof SignatureRefusal)) throw error;
    return { message: error.message };
  }
}

function linkProblem(
  { entry, person }: SignedEntry,
  stack: string,
  seq: number,
  path: string,
  before: SignedEntry | undefined,
  authority: Authority,
): string | undefined {
  if (entry.stack !== stack) return `belongs to stack ${entry.stack}`;
  if (entry.seq !== seq || path !== ledgerFile(stack, seq)) return `has number ${entry.seq} where ${seq} is due`;
  if (entry.previous !== (before?.digest ?? null)) return "does not follow the entry before it";
  if (before !== undefined && Date.parse(entry.at) < Date.parse(before.entry.at))
    return "is older than the entry before it";
  return mayAppend(authority, person, entry) ? undefined : `is signed by ${person}, who may not record`;
}

/**
 * Whether a person may append an entry: with the power `record` any; with `operate` one that changes no release, or takes
 * one back, for each of its modules.
 */
export function mayAppend(authority: Authority, person: string, entry: LedgerEntry): boolean {
  const at = new Date(entry.at);
  if (authority.may(person, "record", "", at)) return true;
  const concerned = [...entry.changes, ...entry.flags, ...(entry.canary ? [entry.canary] : [])];
  return (
    !["update", "destroy"].includes(entry.action) &&
    concerned.length > 0 &&
    concerned.every(({ module }) => authority.may(person, "operate", module, at))
  );
}

/** The entry that a release was first settled by: applied with success. Undefined where it never was. */
export function settledBy(ledger: Ledger | undefined, manifestDigest: string): SignedEntry | undefined {
  return ledger?.entries.find(
    ({ entry }) => entry.outcome === "succeeded" && entry.changes.some(({ to }) => to === manifestDigest),
  );
}

/** What a stack runs of a module by its ledger, before an entry or, by default, after the last. */
export function runningIn(
  ledger: Ledger | undefined,
  module: string,
  before = Number.POSITIVE_INFINITY,
): RunningRelease {
  const changes = (ledger?.entries ?? [])
    .filter(({ entry }) => entry.outcome === "succeeded" && entry.seq < before)
    .flatMap(({ entry }) => entry.changes.filter((change) => change.module === module));
  return changes.at(-1);
}

type RunningRelease = LedgerEntry["changes"][number] | undefined;

/** For how many hours, in all, a release has run in a stack up to an instant. */
export function soakHours(ledger: Ledger | undefined, module: string, manifestDigest: string, until: Date): number {
  let running: number | undefined;
  let total = 0;
  for (const { entry } of ledger?.entries ?? []) {
    const at = Date.parse(entry.at);
    const change = entry.changes.find((candidate) => candidate.module === module);
    if (change === undefined || entry.outcome !== "succeeded" || at > until.getTime()) continue;
    if (running !== undefined && change.to !== manifestDigest) {
      total += at - running;
      running = undefined;
    } else if (running === undefined && change.to === manifestDigest) {
      running = at;
    }
  }
  if (running !== undefined) total += until.getTime() - running;
  return total / 3_600_000;
}
