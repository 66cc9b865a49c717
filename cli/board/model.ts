import { datesIn } from "../../release/calendar/dates.ts";
import type { Gate } from "../../release/gate.ts";
import type { Platform } from "../../release/platform.ts";
import { ofKind } from "../../release/records.ts";
import type { LedgerEntry } from "../../release/schema/ledger.ts";
import type { Release } from "../../release/schema/manifest.ts";
import type { Module } from "../../release/schema/module.ts";
import type { TrustedStack } from "../../release/schema/trust.ts";
import { compareVersions } from "../../release/versions.ts";
import type { Context } from "../context.ts";
import type { CollectedStatus } from "../status/collect.ts";
import type { ModuleStatus, StatusReport } from "../status/report.ts";

/** What one person said of a release, or, on a public board, only in which role. */
export interface VoteView {
  readonly verdict: "GO" | "NOGO";
  readonly role: string;
  readonly at: string;
  readonly person?: string;
  readonly reason?: string;
}

/** A release in one stack: pinned there, or about to come. */
export interface PlaceView {
  readonly stack: string;
  readonly kind: "pinned" | "candidate";
  readonly state: ModuleStatus["state"] | "candidate";
  readonly since?: string;
  readonly standing: ModuleStatus["standing"];
  readonly votes: readonly VoteView[];
}

export interface ReleaseView {
  /** Of its element in the page. */
  readonly id: string;
  readonly version: string;
  readonly channel: string;
  readonly manifestDigest: string;
  /** In the order of the stacks. */
  readonly places: readonly PlaceView[];
}

export interface ModuleView {
  readonly name: string;
  readonly description: string;
  readonly purpose: string;
  readonly maturity: string;
  readonly owners: readonly string[];
  /** Releases that some stack pins or is to get, the newest first. */
  readonly releases: readonly ReleaseView[];
}

export interface LedgerView {
  readonly stack: string;
  /** How many there are in all. */
  readonly total: number;
  /** The newest first. */
  readonly entries: readonly (Omit<LedgerEntry, "approvers"> & {
    readonly person?: string;
    readonly approvers: readonly { readonly person?: string; readonly role: string }[];
  })[];
}

export interface OccurrenceView {
  readonly kind: "window" | "event" | "freeze";
  readonly name: string;
  readonly description: string;
  readonly zone: string;
  readonly start: string;
  readonly end: string;
  readonly stacks: readonly string[];
  readonly modules: readonly string[];
  /** How a window stands, such as tentative or open. */
  readonly state?: string;
}

/** Everything that the board shows. */
export interface BoardModel {
  readonly title: string;
  /** Without people and reasons. */
  readonly isPublic: boolean;
  readonly report: StatusReport;
  readonly modules: readonly ModuleView[];
  readonly ledgers: readonly LedgerView[];
  readonly calendar: readonly OccurrenceView[];
}

/** Entries of one ledger, and dates of the calendar, that are shown. */
const SHOWN_ENTRIES = 100;
const SHOWN_DATES = 100;
const CALENDAR_DAYS = 28;

/** Gathers what the board shows of a platform. */
export function boardModel(context: Context, { report, platforms, gate }: CollectedStatus, at: Date): BoardModel {
  const { organization, platform } = context.catalogue.naming;
  const names = new Set(report.stacks.flatMap(({ modules }) => modules.map(({ module }) => module)));
  const modules = [...names].sort().flatMap((name) => context.catalogue.modules.get(name) ?? []);
  return {
    title: [organization, platform].filter((name) => name !== undefined).join(" · ") || "Releases",
    isPublic: false,
    report,
    modules: modules.map((module) => moduleView(context, module, report, platforms, gate)),
    ledgers: report.stacks.map(({ stack }) => ledgerView(gate, stack)),
    calendar: calendarView(context, report, at),
  };
}

function moduleView(
  { catalogue }: Context,
  module: Module,
  report: StatusReport,
  platforms: readonly Platform[],
  gate: Gate,
): ModuleView {
  const places = report.stacks.flatMap(({ stack, modules }, index) => {
    const status = modules.find((each) => each.module === module.name);
    const trusted = platforms[index]?.stack;
    return status === undefined || trusted === undefined ? [] : placesOf(status, stack, trusted);
  });
  const byVersion = Map.groupBy(places, ({ version }) => version);
  const versions = [...byVersion.keys()].sort((a, b) => compareVersions(module.versions, b, a));
  const { name, description, purpose, maturity, owners } = module;
  const releases = versions.flatMap((version, index): ReleaseView[] => {
    const release = catalogue.release(name, version);
    if (release === undefined) return [];
    const { channel } = release.manifest;
    const own = byVersion.get(version) ?? [];
    return [
      {
        id: `release-${name}-${index + 1}`,
        version,
        channel,
        manifestDigest: release.manifestDigest,
        places: own.map(({ place, trusted }) => ({ ...place, votes: votesOf(gate, module, release, trusted) })),
      },
    ];
  });
  return { name, description, purpose, maturity, owners, releases };
}

function placesOf({ pinned, candidate, state, runs, standing }: ModuleStatus, stack: string, trusted: TrustedStack) {
  const since = state === "running" && runs !== undefined ? { since: runs.since } : {};
  const here = {
    version: pinned.version,
    trusted,
    place: { stack, kind: "pinned" as const, state, ...since, standing },
  };
  if (candidate === undefined) return [here];
  const place = { stack, kind: "candidate" as const, state: "candidate" as const, standing: candidate };
  return [here, { version: candidate.version, trusted, place }];
}

function votesOf(gate: Gate, module: Module, release: Release, stack: TrustedStack): VoteView[] {
  return ofKind(gate.records(module, release, stack), "vote")
    .filter(({ predicate }) => predicate.stack === stack.name)
    .map(({ predicate: { verdict, role, reason, at }, person }) => ({ verdict, role, at, person, reason }))
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

function ledgerView(gate: Gate, stack: string): LedgerView {
  const { entries } = gate.ledger(stack);
  const newest = entries.slice(-SHOWN_ENTRIES).reverse();
  return { stack, total: entries.length, entries: newest.map(({ entry, person }) => ({ ...entry, person })) };
}

/** What the calendar has in the coming weeks, in order; of those stacks alone that are shown. */
function calendarView({ catalogue, files }: Context, { stacks }: StatusReport, at: Date): OccurrenceView[] {
  const shown = new Set(stacks.map(({ stack }) => stack));
  const end = new Date(at.getTime() + CALENDAR_DAYS * 86_400_000);
  const dates = datesIn(catalogue, files, at, end, at)
    .map((date) => ({ ...date, stacks: date.stacks.filter((stack) => shown.has(stack)) }))
    .filter(({ stacks }) => stacks.length > 0);
  return dates.slice(0, SHOWN_DATES).map(({ kind, name, description, zone, start, end, stacks, standing }) => ({
    kind,
    name,
    description,
    zone: zone ?? "UTC",
    start: start.toISOString(),
    end: end.toISOString(),
    stacks,
    modules: standing?.window.modules ?? [],
    ...(standing === undefined ? {} : { state: standing.state }),
  }));
}
