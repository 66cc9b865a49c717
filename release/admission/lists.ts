import type { Catalogue } from "../catalogue.ts";
import { compareChannels } from "../channels.ts";
import { nearestHint, type Problem } from "../errors.ts";
import type { Gate } from "../gate.ts";
import { isRefusedForGood } from "../judgement/waivers.ts";
import { changesOf, succeededIn } from "../ledger.ts";
import type { Platform, PlatformModule } from "../platform.ts";
import { pulledFrom } from "../registries.ts";
import type { Release } from "../schema/manifest.ts";
import type { Module } from "../schema/module.ts";
import type { AdmissionGateSettings, TrustedStack } from "../schema/trust.ts";
import { STACKS_FILE } from "../trust.ts";
import type { ListedImage } from "./list.ts";

/** The rule that a break-glass waiver names: its release is on the list until the waiver ends. */
export const ADMISSION_RULE = "admission-gate";

/** What lists are made from. */
export interface ListSources {
  readonly catalogue: Catalogue;
  readonly gate: Gate;
  /** The stack that is gated, with its pins. */
  readonly platform: Platform;
  readonly settings: AdmissionGateSettings;
}

/** A release that is on a list, and until when if a waiver alone has put it there. */
interface ListedRelease {
  readonly release: Release;
  readonly until?: string;
}

/**
 * The images that may run in each namespace of a stack: of every module in it the current release, the previous one, the
 * canary and what ran last by the ledger, as far as they may run. What is revoked, or pinned without a blessing, is on no
 * list.
 */
export function imageLists(sources: ListSources): ReadonlyMap<string, readonly ListedImage[]> {
  const { platform, settings } = sources;
  const modules = [...platform.modules.values()];
  const namespaces = new Set([...modules.map(({ module }) => module.namespace), ...Object.keys(settings.sessions)]);
  return new Map(
    [...namespaces].sort().map((namespace) => {
      const sessions = settings.sessions[namespace];
      const here = modules.filter(
        ({ module }) => module.namespace === namespace || sessions?.modules.includes(module.name),
      );
      return [namespace, here.flatMap((entry) => imagesOf(entry, listedReleases(entry, sessions, sources), platform))];
    }),
  );
}

/** What is wrong with the settings of a gate, held against what the stack runs. */
export function gateProblems({ catalogue, platform, settings }: Omit<ListSources, "gate">): Problem[] {
  const { name, clusterUid } = platform.stack;
  const path = `stacks.${name}.gate`;
  const shared = catalogue.stackNames
    .map((other) => catalogue.stack(other))
    .filter((other) => other.name !== name && other.gate !== undefined && clusterUid !== undefined)
    .filter((other) => other.clusterUid === clusterUid)
    .map((other) => ({
      file: STACKS_FILE,
      path,
      message: `is for the whole cluster, and ${other.name} has one in the same: a cluster has one gate`,
    }));
  const exempt = [...platform.modules.values()]
    .filter(({ module }) => module.namespace in settings.exempt)
    .map(({ module }) => ({
      file: STACKS_FILE,
      path: `${path}.exempt.${module.namespace}`,
      message: `is where ${module.name} runs, which the gate is there for`,
    }));
  const unknown = Object.entries(settings.sessions).flatMap(([namespace, { modules }]) =>
    modules
      .filter((name) => !platform.modules.has(name))
      .map((name) => ({
        file: STACKS_FILE,
        path: `${path}.sessions.${namespace}.modules`,
        message: `${platform.stack.name} pins no such module`,
        value: name,
        ...nearestHint(name, platform.modules.keys()),
      })),
  );
  return [...shared, ...exempt, ...unknown];
}

type Sessions = AdmissionGateSettings["sessions"][string] | undefined;

function listedReleases(entry: PlatformModule, sessions: Sessions, sources: ListSources): ListedRelease[] {
  const { catalogue, gate, platform } = sources;
  const { module, current, previous } = entry;
  const stack = platform.stack;
  const mayRun = (release: Release) => gate.standingAnyhow(module, release, stack).allowed;
  const pinned = [current, previous, canaryOf(module, stack, sources)].filter((release) => release !== undefined);
  const before = ranBefore(entry, sources);
  const offered = module.purpose === "offered" && sessions !== undefined;
  const kept = offered ? fallbacks(module, pinned, sessions.fallbacks, sources, mayRun) : [];
  const listed = [...new Set([...pinned.filter(mayRun), ...before, ...kept])].filter(
    ({ manifest }) => !offered || compareChannels(manifest.channel, sessions.floor) >= 0,
  );
  const waived = catalogue.releases(module.name).flatMap((release) => {
    const waiver = gate.waiver(ADMISSION_RULE, module, release, stack);
    return waiver === undefined ? [] : [{ release, until: waiver.predicate.expires }];
  });
  return [...listed.map((release) => ({ release })), ...waived];
}

/**
 * What the stack has run last besides the current release. While an update or a rollback is under way, or has not begun,
 * its Pods must be able to start again, also where a block keeps it from being promoted anew.
 */
function ranBefore({ module, current }: PlatformModule, { catalogue, gate, platform }: ListSources): Release[] {
  const { stack } = platform;
  const change = changesOf(gate.ledger(stack.name), module.name).findLast(({ to }) => to !== current.manifestDigest);
  const release = change && catalogue.applied(change);
  if (release === undefined) return [];
  const { judgement } = gate.standingAnyhow(module, release, stack);
  // A line that is stopped stops promotion, and nothing that runs.
  return judgement.items.some((item) => isRefusedForGood(item) && item.id !== "line") ? [] : [release];
}

/** The canary of a module, where the ledger shows that one is running. */
function canaryOf(module: Module, stack: TrustedStack, { catalogue, gate }: ListSources): Release | undefined {
  const steps = succeededIn(gate.ledger(stack.name)).map(({ canary }) => canary);
  const version = steps.findLast((step) => step?.module === module.name)?.canary ?? undefined;
  return version === undefined ? undefined : catalogue.release(module.name, version);
}

/** What the stack has run before, the latest first: so many of it as users keep to fall back on. */
function fallbacks(
  module: Module,
  pinned: readonly Release[],
  count: number,
  { catalogue, gate, platform }: ListSources,
  mayRun: (release: Release) => boolean,
): Release[] {
  const known = new Set(pinned.map(({ manifestDigest }) => manifestDigest));
  const kept: Release[] = [];
  for (const change of changesOf(gate.ledger(platform.stack.name), module.name).reverse()) {
    const release = catalogue.applied(change);
    if (kept.length === count) break;
    if (release === undefined || known.has(release.manifestDigest)) continue;
    known.add(release.manifestDigest);
    if (mayRun(release)) kept.push(release);
  }
  return kept;
}

function imagesOf(
  { module }: PlatformModule,
  releases: readonly ListedRelease[],
  { settings }: Platform,
): ListedImage[] {
  return releases.flatMap(({ release, until }) =>
    Object.values(release.manifest.images).map(({ repository, digest }) => ({
      repository: pulledFrom(settings["imprimatur:registries"], repository),
      digest,
      module: module.name,
      version: release.manifest.version,
      ...(until === undefined ? {} : { until }),
    })),
  );
}
