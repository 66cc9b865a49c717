import type { Authority } from "./authority.ts";
import type { Files } from "./files.ts";
import { isRestated, ledgerFile, readLedger, type SignedEntry } from "./ledger.ts";
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
 * @param forked entries of the tree that the ledger's branch has otherwise, by path. One that the chain tells anew is no fault
 */
export function auditLedger(
  files: Files,
  stack: string,
  { ring, authority }: { readonly ring: KeyRing; readonly authority: Authority },
  forked: ReadonlyMap<string, Uint8Array>,
): LedgerAudit {
  const ledger = readLedger(files, stack, ring, authority);
  const folder = ledgerFile(stack, 1).slice(0, ledgerFile(stack, 1).lastIndexOf("/") + 1);
  const forks = [...forked]
    .filter(([path, bytes]) => path.startsWith(folder) && !isRestated(ledger, bytes, ring))
    .map(([path]) => ({
      path,
      message:
        "is another entry on the ledger's branch: two updates claim the same place, and `npx imprimatur ledger push --key <file>` tells this one anew behind the last",
    }));
  const { entries, broken } = ledger;
  return { stack, entries, faults: [...(broken === undefined ? [] : [broken]), ...forks] };
}
