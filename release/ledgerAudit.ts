import type { Authority } from "./authority.ts";
import type { Files } from "./files.ts";
import { ledgerFile, readLedger, type SignedEntry } from "./ledger.ts";
import type { KeyRing } from "./signing/key-ring.ts";

/** A place in a ledger that does not hold. */
interface LedgerFault {
  readonly path: string;
  readonly message: string;
}

/** How a stack's ledger stands: what holds of it, and what does not. */
export interface LedgerAudit {
  readonly stack: string;
  /** As far as the chain holds. */
  readonly entries: readonly SignedEntry[];
  readonly faults: readonly LedgerFault[];
}

/**
 * Verifies a stack's ledger: every entry signed by somebody who may, in its place, with the hash of the one before.
 * @param forked paths of entries that the tree and the ledger's branch have differently
 */
export function auditLedger(
  files: Files,
  stack: string,
  { ring, authority }: { readonly ring: KeyRing; readonly authority: Authority },
  forked: readonly string[] = [],
): LedgerAudit {
  const { entries, broken } = readLedger(files, stack, ring, authority);
  const folder = ledgerFile(stack, 1).slice(0, ledgerFile(stack, 1).lastIndexOf("/") + 1);
  const forks = forked
    .filter((path) => path.startsWith(folder))
    .map((path) => ({ path, message: "is another entry on the ledger's branch: two updates claim the same place" }));
  return { stack, entries, faults: [...(broken === undefined ? [] : [broken]), ...forks] };
}
