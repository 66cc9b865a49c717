import type { z } from "zod";
import { sha256 } from "./json.ts";
import { LedgerEntry } from "./schema/ledger.ts";
import { RECORDS, type RecordKind } from "./schema/predicates.ts";
import { buildStatement, type Statement } from "./signing/statement.ts";

/** A release as the subject of a statement: its name is for people, only the manifest digest counts. */
export interface ReleaseSubject {
  readonly module: string;
  readonly version: string;
  /** `sha256:…` */
  readonly manifestDigest: string;
}

/**
 * A record of one kind about some releases, as a statement to sign.
 * @throws z.ZodError where the predicate is malformed
 */
export function recordStatement<K extends RecordKind>(
  kind: K,
  subjects: readonly ReleaseSubject[],
  predicate: z.input<(typeof RECORDS)[K]["schema"]>,
): Statement {
  const named = subjects.map(({ module, version, manifestDigest }) => ({
    name: `${module} ${version}`,
    sha256: manifestDigest.slice("sha256:".length),
  }));
  return buildStatement(named, RECORDS[kind].type, RECORDS[kind].schema.parse(predicate));
}

/**
 * A record of one kind about something that is no file, such as a resource or one date of a window: its subject is the
 * SHA-256 of what it is called.
 * @throws z.ZodError where the predicate is malformed
 */
export function namedStatement<K extends RecordKind>(
  kind: K,
  name: string,
  predicate: z.input<(typeof RECORDS)[K]["schema"]>,
): Statement {
  return buildStatement([{ name, sha256: sha256(name) }], RECORDS[kind].type, RECORDS[kind].schema.parse(predicate));
}

/**
 * An entry of a ledger, as a statement to sign. Its subject is the plan that the stack stands on.
 * @throws z.ZodError where the entry is malformed
 */
export function ledgerStatement(entry: z.input<typeof LedgerEntry>): Statement {
  const parsed = LedgerEntry.parse(entry);
  const subject = { name: `ledger ${parsed.stack} ${parsed.seq}`, sha256: parsed.planDigest };
  return buildStatement([subject], RECORDS.ledger.type, parsed);
}
