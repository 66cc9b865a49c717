import type { Authority } from "./authority.ts";
import type { Files } from "./files.ts";
import { canonicalJson, sha256 } from "./json.ts";
import { type LedgerChange, LedgerEntry } from "./schema/ledger.ts";
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

const ENTRY_NAME = /^\d{6,}\.sigstore\.json$/;

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
    if (!ENTRY_NAME.test(name)) {
      return { stack, entries, broken: { path, message: "is not named as an entry is" } };
    }
    const read = readEntry(files.read(path), path, ring);
    const wrong = "message" in read ? read.message : linkProblem(read, stack, seq, path, entries.at(-1), authority);
    if (wrong !== undefined || "message" in read) return { stack, entries, broken: { path, message: wrong ?? "" } };
    entries.push(read);
  }
  return { stack, entries };
}

function readEntry(bytes: Uint8Array | undefined, path: string, ring: KeyRing): SignedEntry | { message: string } {
  if (bytes === undefined) return { message: "cannot be read" };
  // No name binds the bytes of an entry, and no later entry those of the newest: there is one way to write it.
  if (!isCanonical(bytes)) return { message: "is not as entries are written: somebody has changed it" };
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

/**
 * Whether a chain tells anew what an entry beside it tells: that one was made in a place that another had taken already, and
 * nothing of it is lost.
 * @param bytes the file of the entry beside it
 */
export function isRestated({ entries }: Ledger, bytes: Uint8Array, ring: KeyRing): boolean {
  const digest = sha256(bytes);
  const again = entries.find(({ entry }) => entry.replaces === digest);
  const read = again === undefined ? undefined : readEntry(bytes, "", ring);
  if (again === undefined || read === undefined || "message" in read) return false;
  return canonicalJson(toldBy(read.entry)) === canonicalJson(toldBy(again.entry));
}

/** What an entry tells, without what its place in the chain gives it. */
export function toldBy(entry: LedgerEntry): Omit<LedgerEntry, "seq" | "previous" | "at" | "replaces"> {
  const { seq: _seq, previous: _previous, at: _at, replaces: _replaces, ...told } = entry;
  return told;
}

/** Whether a file is RFC 8785 JSON and a final newline, as every bundle of ours is written. */
function isCanonical(bytes: Uint8Array): boolean {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return `${canonicalJson(JSON.parse(text))}\n` === text;
  } catch {
    return false;
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

/** What a ledger shows as done, oldest first: what failed is on it too, and settles nothing. */
export function succeededIn(ledger: Ledger | undefined): LedgerEntry[] {
  return (ledger?.entries ?? []).map(({ entry }) => entry).filter(({ outcome }) => outcome === "succeeded");
}

/** Every change of a module that was applied with success, oldest first. */
export function changesOf(ledger: Ledger | undefined, module: string): LedgerChange[] {
  return succeededIn(ledger).flatMap(({ changes }) => changes.filter((change) => change.module === module));
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
): LedgerChange | undefined {
  return succeededIn(ledger)
    .filter(({ seq }) => seq < before)
    .flatMap(({ changes }) => changes.filter((change) => change.module === module))
    .at(-1);
}

/** A time in which a release ran: its first instant, and the last or the one that was asked about. */
export interface RunInterval {
  readonly from: Date;
  readonly to: Date;
}

/** When a release has run in a stack, by its ledger, up to an instant. */
export function runIntervals(
  ledger: Ledger | undefined,
  module: string,
  manifestDigest: string,
  until: Date,
): RunInterval[] {
  const intervals: RunInterval[] = [];
  let from: Date | undefined;
  for (const entry of succeededIn(ledger)) {
    const at = new Date(entry.at);
    const change = entry.changes.find((candidate) => candidate.module === module);
    if (change === undefined || at > until) continue;
    if (from !== undefined && change.to !== manifestDigest) {
      intervals.push({ from, to: at });
      from = undefined;
    } else if (from === undefined && change.to === manifestDigest) {
      from = at;
    }
  }
  return from === undefined ? intervals : [...intervals, { from, to: until }];
}

/** For how many hours, in all, a release has run in a stack up to an instant. */
export function soakHours(ledger: Ledger | undefined, module: string, manifestDigest: string, until: Date): number {
  const intervals = runIntervals(ledger, module, manifestDigest, until);
  return intervals.reduce((sum, { from, to }) => sum + (to.getTime() - from.getTime()), 0) / 3_600_000;
}
