import { readActions } from "../../release/actions.ts";
import { freezesAt, nextAfter, type Occurrence, openAt } from "../../release/calendar/windows.ts";
import { listFlags } from "../../release/flagList.ts";
import { Gate } from "../../release/gate.ts";
import type { Ledger } from "../../release/ledger.ts";
import { standingStops } from "../../release/line.ts";
import type { Platform } from "../../release/platform.ts";
import { asksForBlessing } from "../../release/requirements.ts";
import type { TrustedStack } from "../../release/schema/trust.ts";
import type { Context } from "../context.ts";
import { findDifferences } from "../environments/differences.ts";
import { readStacks } from "../stacks.ts";
import { moduleStatuses } from "./modules.ts";
import type { StackStatus, StatusReport } from "./report.ts";
import { waitsFor } from "./waits.ts";

/** What a platform is at an instant: the stacks asked for, read once, and the gate that judged them. */
export interface CollectedStatus {
  readonly report: StatusReport;
  readonly platforms: readonly Platform[];
  readonly gate: Gate;
}

/**
 * What runs where by the ledgers, and what waits for whom.
 * @param names the stacks asked for; all if there are none
 * @throws InputError with the problems of all stacks
 */
export function collectStatus(context: Context, names: readonly string[], at: Date): CollectedStatus {
  const { catalogue, files } = context;
  const gate = new Gate(catalogue, files, at);
  // What a stack is to get next stands in another one, so all of them are read.
  const all = readStacks(context, [], []).map(({ platform }) => platform);
  const asked = new Set(names.length === 0 ? catalogue.stackNames : names.map((name) => catalogue.stack(name).name));
  const platforms = all.filter(({ stack }) => asked.has(stack.name));
  const flags = listFlags(catalogue, files, all, at);
  const stacks = platforms.map((platform): StackStatus => {
    const { stack } = platform;
    return {
      stack: stack.name,
      class: stack.class,
      ...(stack.description === undefined ? {} : { description: stack.description }),
      asksForBlessing: asksForBlessing(catalogue.formality, stack),
      ledger: ledgerStatus(gate.ledger(stack.name)),
      modules: moduleStatuses(context, platform, all, flags, gate, at),
      windows: windowsOf(context, stack, at),
    };
  });
  const waits = waitsFor(context, stacks, at);
  const { rows: differences } = findDifferences(platforms);
  const stops = standingStops(catalogue, files, at).map(({ text }) => text);
  const owed = readActions(catalogue, files, at).flatMap(({ done, ...action }) => (done === undefined ? [action] : []));
  return { report: { at: at.toISOString(), stacks, waits, stops, owed, differences }, platforms, gate };
}

function ledgerStatus({ entries, broken }: Ledger): StackStatus["ledger"] {
  const last = entries.at(-1);
  return {
    entries: entries.length,
    ...(last === undefined ? {} : { last: lastEntry(last) }),
    ...(broken === undefined ? {} : { broken }),
  };
}

function lastEntry({ entry, person }: Ledger["entries"][number]): NonNullable<StackStatus["ledger"]["last"]> {
  const { seq, at, action, outcome } = entry;
  return { seq, at, person, action, outcome };
}

function windowsOf({ catalogue: { calendar } }: Context, stack: TrustedStack, at: Date): StackStatus["windows"] {
  const own = Object.entries(calendar.windows).filter(([, { stacks }]) => stacks.includes(stack.name));
  const open = own.flatMap(([name, window]) => openAt(name, window, at) ?? []);
  const [next] = own
    .flatMap(([name, window]) => nextAfter(name, window, at) ?? [])
    .sort((a, b) => a.start.getTime() - b.start.getTime());
  const freezes = freezesAt(calendar, stack.name, at).map(([name, { until, reason }]) => ({ name, until, reason }));
  return { open: open.map(occurrence), ...(next === undefined ? {} : { next: occurrence(next) }), freezes };
}

function occurrence({ window, start, end }: Occurrence): StackStatus["windows"]["open"][number] {
  return { window, start: start.toISOString(), end: end.toISOString() };
}
