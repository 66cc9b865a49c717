import { join } from "node:path";
import type { z } from "zod";
import { refuseInput } from "../../release/errors.ts";
import { ledgerFile, mayAppend, readLedger, type SignedEntry } from "../../release/ledger.ts";
import { LedgerEntry } from "../../release/schema/ledger.ts";
import { ledgerStatement } from "../../release/statements.ts";
import { remoteOf } from "../../store/gitIndex.ts";
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

/** An entry that was signed and not yet written. */
type Signed = AppendedEntry & Pick<SignedEntry, "digest"> & { readonly bytes: Uint8Array };

/**
 * Others may append at the same time; whoever comes second takes the next place. Each try that fails is an entry of somebody
 * else's, and a slow writer among fast ones may lose dozens of times.
 */
const MAX_TRIES = 1000;

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
    const { entry, path, person, bytes } = await signNext(context, sign, stack, facts);
    if (createFileAtomically(join(context.root, path), bytes)) return { entry, path, person };
  }
  refuseInput({ file: ledgerFile(stack, 1), path: "", message: "others append without end; try again" });
}

/**
 * Makes sure, before something is done, that it could be recorded: the ledger holds, and the signer may append to it. The
 * entry that is signed for this is thrown away.
 * @throws InputError as {@link appendEntry} would
 */
export async function checkAppend(context: Context, sign: Sign, stack: string, facts: EntryFacts): Promise<void> {
  await signNext(context, sign, stack, facts);
}

/** What to do so that others see an entry that was appended here: it waits for no pull request. */
export function pushNotes({ root }: Context): readonly string[] {
  return remoteOf(root) === undefined ? [] : ["next: npx imprimatur ledger push"];
}

/** The next entry of a ledger, now. */
function signNext(context: Context, sign: Sign, stack: string, facts: EntryFacts): Promise<Signed> {
  const { catalogue, files } = context;
  const { entries, broken } = readLedger(files, stack, catalogue.ring, catalogue.authority);
  if (broken !== undefined) {
    const message = `${broken.message}; nothing can follow it. \`npx imprimatur verify\` says more`;
    refuseInput({ file: broken.path, path: "", message });
  }
  return signBehind(context, sign, entries.at(-1), { ...facts, stack }, new Date());
}

/**
 * Signs the entry behind another one.
 * @param at when what it tells was done. Clocks differ, and an entry is never older than the one before
 * @throws InputError where the signer's key was not valid then, or the signer may not append this entry
 */
export async function signBehind(
  context: Context,
  sign: Sign,
  last: Pick<SignedEntry, "entry" | "digest"> | undefined,
  facts: EntryFacts & { readonly stack: string },
  at: Date,
): Promise<Signed> {
  const { catalogue } = context;
  const instant = new Date(Math.max(at.getTime(), last === undefined ? 0 : Date.parse(last.entry.at)));
  const place = { seq: (last?.entry.seq ?? 0) + 1, previous: last?.digest ?? null, at: instant.toISOString() };
  const entry = LedgerEntry.parse({ ...facts, ...place });
  const { bytes, digest, person } = await signChecked(context, sign, ledgerStatement(entry), instant);
  if (!mayAppend(catalogue.authority, person, entry)) {
    const message = `belongs to ${person}, whose roles in catalog/trust/people.yaml may neither record nor operate here`;
    refuseInput({ file: "--key", path: "", message });
  }
  return { entry, path: ledgerFile(entry.stack, entry.seq), person, digest, bytes };
}
