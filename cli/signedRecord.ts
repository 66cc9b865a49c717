import { join } from "node:path";
import type { z } from "zod";
import { refuseInput } from "../release/errors.ts";
import { recordFileName, recordFolder } from "../release/records.ts";
import type { RECORDS, RecordKind } from "../release/schema/predicates.ts";
import { SignatureRefusal } from "../release/signing/refusal.ts";
import type { Statement } from "../release/signing/statement.ts";
import { verifyBundle } from "../release/signing/verify.ts";
import { type ReleaseSubject, recordStatement } from "../release/statements.ts";
import { createFileAtomically } from "../store/write.ts";
import type { Context } from "./context.ts";
import type { Sign } from "./signers.ts";

/** A bundle that has been signed and is sound, but not yet written. */
export interface SignedBundle {
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes, 64 hex digits. */
  readonly digest: string;
  /** Whose key it was. */
  readonly person: string;
}

/**
 * Signs a statement and checks the result as every judgement will, so that nothing is written which would not count.
 * @param at the instant that the key has to be valid at
 * @throws InputError where the key is nobody's in trust, or not valid then
 */
export async function signChecked(
  context: Context,
  sign: Sign,
  statement: Statement,
  at = new Date(),
): Promise<SignedBundle> {
  const bytes = await sign(statement);
  try {
    const { signer, digest } = verifyBundle(bytes, context.catalogue.ring, { now: at });
    return { bytes, digest, person: signer.person };
  } catch (error) {
    if (!(error instanceof SignatureRefusal)) throw error;
    refuseInput({ file: "--key", path: "", message: `what it signs would not count: it ${error.message}` });
  }
}

/** Signs a record of one kind about some releases. See {@link signChecked}. */
export function signRecord<K extends RecordKind>(
  context: Context,
  sign: Sign,
  kind: K,
  subjects: readonly ReleaseSubject[],
  predicate: z.input<(typeof RECORDS)[K]["schema"]>,
): Promise<SignedBundle> {
  return signChecked(context, sign, recordStatement(kind, subjects, predicate));
}

/**
 * Writes a bundle among the records of each of its releases.
 * @param label what the file is called by: the kind, or the type of evidence
 * @returns the paths, below the root of the checkout
 */
export function writeRecord(
  context: Context,
  label: string,
  bundle: SignedBundle,
  subjects: readonly ReleaseSubject[],
): string[] {
  return subjects.map(({ module, version }) => writeBundle(context, recordFolder(module, version), label, bundle));
}

/** Writes a bundle into a folder of records. Returns its path, below the root of the checkout. */
export function writeBundle({ root }: Context, folder: string, label: string, { bytes, digest }: SignedBundle): string {
  const path = `${folder}/${recordFileName(label, digest)}`;
  // The name has the digest of the bytes: a file of that name holds the very same record.
  createFileAtomically(join(root, path), bytes);
  return path;
}
