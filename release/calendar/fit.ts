import { type Ledger, succeededIn } from "../ledger.ts";
import type { LedgerEntry } from "../schema/ledger.ts";
import type { Module } from "../schema/module.ts";

/** How long a change is expected to take at most, in seconds. */
export interface ExpectedTime {
  readonly rollout: number;
  readonly rollback: number;
}

/** How many of the last entries are looked at: what was slow long ago may have been mended. */
const RECENT = 5;

/**
 * How long it takes to roll modules out in a stack and, if that fails, back again.
 * What the ledger knows comes first: the longest of a module's last five updates that succeeded, and of its last five
 * rollbacks or, where there was none, as long as the way there. An entry's time is that of all that was applied with it, so
 * of several modules the longest counts. A module that the ledger does not know takes what its file declares, on top.
 */
export function expectedTime(ledger: Ledger, modules: readonly Pick<Module, "name" | "takes">[]): ExpectedTime {
  const known: ExpectedTime[] = [];
  const declared: ExpectedTime[] = [];
  for (const { name, takes } of modules) {
    const rollout = longest(ledger, name, "update");
    if (rollout === undefined) declared.push({ rollout: takes.rollout * 60, rollback: takes.rollback * 60 });
    else known.push({ rollout, rollback: longest(ledger, name, "rollback") ?? rollout });
  }
  const total = (key: keyof ExpectedTime) =>
    Math.max(0, ...known.map((time) => time[key])) + declared.reduce((sum, time) => sum + time[key], 0);
  return { rollout: total("rollout"), rollback: total("rollback") };
}

function longest(ledger: Ledger, module: string, action: LedgerEntry["action"]): number | undefined {
  const times = succeededIn(ledger)
    .filter((entry) => entry.action === action && entry.changes.some((change) => change.module === module))
    .map(({ durationSeconds }) => durationSeconds);
  return times.length === 0 ? undefined : Math.max(...times.slice(-RECENT));
}

/** Why a change does not fit into what is left of a window; undefined where it does. */
export function misfit({ rollout, rollback }: ExpectedTime, now: Date, end: Date): string | undefined {
  const left = (end.getTime() - now.getTime()) / 1000;
  if (rollout + rollback <= left) return undefined;
  return `takes ${minutesText(rollout)} to roll out and ${minutesText(rollback)} to roll back, and ${minutesText(left, Math.floor)} are left`;
}

/** So many minutes. Rounded up, so that nothing looks shorter than it is; what is left is rounded down. */
export function minutesText(seconds: number, round = Math.ceil): string {
  return `${round(seconds / 60)} min`;
}
