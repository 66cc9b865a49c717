import type { z } from "zod";
import type { Files } from "./files.ts";
import { Evidence, RECORDS, type RecordKind } from "./schema/predicates.ts";
import { claimedInstant } from "./signing/claimed.ts";
import type { KeyRing } from "./signing/key-ring.ts";
import { SignatureRefusal } from "./signing/refusal.ts";
import { verifyBundle } from "./signing/verify.ts";

/** One signed record of the catalogue: who says what of which manifests. */
export interface SignedRecord<K extends RecordKind = RecordKind> {
  readonly kind: K;
  readonly predicate: z.output<(typeof RECORDS)[K]["schema"]>;
  /** What it is about, as `sha256:…`: manifest digests, or digests of artifacts. */
  readonly subjects: readonly string[];
  readonly person: string;
  readonly path: string;
  /** SHA-256 of the file, 64 hex digits. */
  readonly digest: string;
}
export type AnyRecord = { [K in RecordKind]: SignedRecord<K> }[RecordKind];

/** A file among the records that proves nothing. */
interface UnusableFile {
  readonly path: string;
  readonly message: string;
  /** Whether it merely counts no longer (its key has ended), or may be a record that somebody has tampered with. */
  readonly lapsed: boolean;
}

/** All records of one folder. */
export interface Records {
  readonly records: readonly AnyRecord[];
  readonly unusable: readonly UnusableFile[];
}

/** When something is judged, and since when its signatures are proven to exist, if anything proves it. */
export interface JudgedAt {
  readonly now: Date;
  readonly signedAt?: Date;
}

const NAME = /^([a-z][a-z-]*)-([0-9a-f]{12})\.sigstore\.json$/;

/** What other tools sign, as evidence of ours: `cosign attest-blob` and build systems write these predicate types. */
const FOREIGN: Readonly<Record<string, string>> = {
  "https://slsa.dev/provenance/v1": "provenance",
  "https://slsa.dev/provenance/v0.2": "provenance",
  "https://spdx.dev/Document": "sbom",
  "https://cyclonedx.org/bom": "sbom",
  "https://cosign.sigstore.dev/attestation/vuln/v1": "vulnerability-scan",
};

/** The name of a record's file: what it is, and the start of the SHA-256 of its bytes, which binds them. */
export function recordFileName(kind: string, digest: string): string {
  return `${kind}-${digest.slice(0, 12)}.sigstore.json`;
}

/** The folder of a release's records. */
export function recordFolder(module: string, version: string): string {
  return `catalog/evidence/${module}/${version}`;
}

/** Reads and verifies every file of a folder. Never throws on what a file contains. */
export function readRecords(files: Files, folder: string, ring: KeyRing, at: JudgedAt): Records {
  const records: AnyRecord[] = [];
  const unusable: UnusableFile[] = [];
  for (const name of files.list(folder)) {
    const path = `${folder}/${name}`;
    const result = readRecord(files.read(path), name, path, ring, at);
    if ("message" in result) unusable.push(result);
    else records.push(result);
  }
  return { records, unusable };
}

function readRecord(
  bytes: Uint8Array | undefined,
  name: string,
  path: string,
  ring: KeyRing,
  at: JudgedAt,
): AnyRecord | UnusableFile {
  const refuse = (message: string, lapsed = false): UnusableFile => ({ path, message, lapsed });
  const fileDigest = NAME.exec(name)?.[2];
  if (bytes === undefined || fileDigest === undefined) return refuse("is not <kind>-<sha256[:12]>.sigstore.json");
  const open = (judgedAt: JudgedAt): AnyRecord | UnusableFile => {
    const { statement, signer, digest } = verifyBundle(bytes, ring, { ...judgedAt, fileDigest });
    const subjects = statement.subject.map((subject) => `sha256:${subject.digest.sha256}`);
    const found = toPredicate(statement.predicateType, statement.predicate);
    if (found === undefined) return refuse(`says nothing that is known here: ${statement.predicateType}`);
    return { ...found, subjects, person: signer.person, path, digest } as AnyRecord;
  };
  try {
    return open(at);
  } catch (error) {
    if (!(error instanceof SignatureRefusal)) throw error;
    if (!LAPSED.has(error.code)) return refuse(error.message, error.code === "key-revoked");
    // A NOGO or a revocation outlives the key that signed it: otherwise waiting would approve what was refused.
    const found = attempt(() => open({ now: claimedInstant(bytes) }));
    return found !== undefined && "kind" in found && outlivesKey(found) ? found : refuse(error.message, true);
  }
}

/** The key's time is over, or has not begun at the instant that is judged: the record merely does not count. */
const LAPSED: ReadonlySet<string> = new Set(["key-expired", "key-not-yet-valid"]);

/**
 * Whether a record counts as of when it was made, whatever became of its key since: what speaks against a release, and what
 * ends such a thing. An end is never older than what it ends, so a key that had ended by then cannot make one.
 */
function outlivesKey({ kind, predicate }: AnyRecord): boolean {
  return OUTLIVE.has(kind) || (kind === "vote" && predicate.verdict === "NOGO");
}

const OUTLIVE: ReadonlySet<RecordKind> = new Set(["revocation", "block", "line", "action"]);

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof SignatureRefusal) return undefined;
    throw error;
  }
}

function toPredicate(type: string, predicate: unknown): Pick<SignedRecord, "kind" | "predicate"> | undefined {
  for (const [kind, record] of Object.entries(RECORDS)) {
    if (record.type !== type) continue;
    const parsed = record.schema.safeParse(predicate);
    return parsed.success ? { kind: kind as RecordKind, predicate: parsed.data } : undefined;
  }
  const foreign = FOREIGN[type];
  if (foreign === undefined) return undefined;
  // Such a predicate carries no instant of ours; the epoch makes it older than anything, so it is never too new.
  const evidence = { type: foreign, in: "ci", result: "pass", at: "1970-01-01T00:00:00Z" };
  return { kind: "evidence", predicate: Evidence.parse(evidence) };
}

/** The records of one kind. */
export function ofKind<K extends RecordKind>(records: readonly AnyRecord[], kind: K): SignedRecord<K>[] {
  return records.filter((record): record is AnyRecord & SignedRecord<K> => record.kind === kind);
}
