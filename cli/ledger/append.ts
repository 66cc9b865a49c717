import { join } from "node:path";
import type { z } from "zod";
import { refuseInput } from "../../release/errors.ts";
import { ledgerFile, mayAppend, readLedger } from "../../release/ledger.ts";
import { LedgerEntry } from "../../release/schema/ledger.ts";
import { ledgerStatement } from "../../release/statements.ts";
import { createFileAtomically } from "../../store/write.ts";
import type { Context } from "../context.ts";
import { signChecked } from "../signedRecord.ts";
import type { Sign } from "../signers.ts";

/** What an entry tells, without what its place in the chain gives it. */
export type EntryFacts = Omit<z.input<typeof LedgerEntry>, "stack" | "seq" | "previous" | "at">;

/** An entry that was written. */
export interface AppendedEntry {
  readonly entry: LedgerEntry;
  /** Below the root of the checkout. */
  readonly path: string;
  /** Whose key signed it. */
  readonly person: string;
}

/** Others may append at the same time; whoever comes second takes the next place. */
const MAX_TRIES = 20;

/**
 * Appends a signed entry to a stack's ledger: a new file, whole or not at all, chained to the one before.
 * @throws InputError where the ledger is broken, or the signer may not append this entry
 */
export async function appendEntry(
  context: Context,
  sign: Sign,
  stack: string,
  facts: EntryFacts,
): Promise<AppendedEntry> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const { bytes, ...appended } = await signEntry(context, sign, stack, facts);
    if (createFileAtomically(join(context.root, appended.path), bytes)) return appended;
  }
  refuseInput({ file: ledgerFile(stack, 1), path: "", message: "others append without end; try again" });
}

/**
 * Makes sure, before something is done, that it could be recorded: the ledger holds, and the signer may append to it. The
 * entry that is signed for this is thrown away.
 * @throws InputError as {@link appendEntry} would
 */
export async function checkAppend(context: Context, sign: Sign, stack: string, facts: EntryFacts): Promise<void> {
  await signEntry(context, sign, stack, facts);
}

/** The next entry of a ledger, signed and not yet written. */
async function signEntry(
  context: Context,
  sign: Sign,
  stack: string,
  facts: EntryFacts,
): Promise<AppendedEntry & { readonly bytes: Uint8Array }> {
  const { catalogue, files } = context;
  const { entries, broken } = readLedger(files, stack, catalogue.ring, catalogue.authority);
  if (broken !== undefined) {
    refuseInput({ file: broken.path, path: "", message: `${broken.message}; nothing can follow it` });
  }
  const last = entries.at(-1);
  // Clocks differ, and an entry is never older than the one before.
  const at = new Date(Math.max(Date.now(), last === undefined ? 0 : Date.parse(last.entry.at))).toISOString();
  const place = { stack, seq: entries.length + 1, previous: last?.digest ?? null, at };
  const entry = LedgerEntry.parse({ ...facts, ...place });
  const { bytes, person } = await signChecked(context, sign, ledgerStatement(entry));
  if (!mayAppend(catalogue.authority, person, entry)) {
    const message = `belongs to ${person}, whose roles in catalog/trust/people.yaml may neither record nor operate here`;
    refuseInput({ file: "--key", path: "", message });
  }
  return { entry, path: ledgerFile(stack, entry.seq), person, bytes };
}
