import { configuredIn } from "../../release/configuration.ts";
import type { ListedFlag } from "../../release/flagList.ts";
import { flagValue } from "../../release/flags.ts";
import type { Candidate, Gate } from "../../release/gate.ts";
import type { Platform, PlatformModule } from "../../release/platform.ts";
import { ofKind } from "../../release/records.ts";
import type { Release } from "../../release/schema/manifest.ts";
import { feederOf } from "../../release/status/feeder.ts";
import { canariesOf, type RunningModule, runningModules } from "../../release/status/running.ts";
import { configHash } from "../../release/values.ts";
import { compareVersions } from "../../release/versions.ts";
import { alwaysInTheWay } from "../approve/inTheWay.ts";
import { standingReport } from "../approve/standing.ts";
import type { Context } from "../context.ts";
import type { ModuleStatus } from "./report.ts";

/** What a stack has of each of its modules, in the order of their names. */
export function moduleStatuses(
  context: Context,
  platform: Platform,
  all: readonly Platform[],
  flags: readonly ListedFlag[],
  gate: Gate,
  at: Date,
): ModuleStatus[] {
  const { stack } = platform;
  const ledger = gate.ledger(stack.name);
  const [running, canaries] = [runningModules(ledger), canariesOf(ledger)];
  const feeder = feederOf(context.catalogue, stack.name);
  const source = all.find((other) => other.stack.name === feeder);
  return [...platform.modules.values()]
    .sort((a, b) => (a.module.name < b.module.name ? -1 : 1))
    .map((entry): ModuleStatus => {
      const { module, current, previous, floating } = entry;
      const standing = standingOf(
        context,
        { module, release: current, configHash: entry.configHash },
        platform,
        at,
        gate,
      );
      const runs = running.get(module.name);
      const canary = canaries.get(module.name);
      const candidate = source && candidateOf(context, entry, source, platform, gate, at);
      const confidence = confidenceOf(gate, entry, platform);
      return {
        module: module.name,
        purpose: module.purpose,
        state: stateOf(standing.allowed, current, runs, ledger.entries.length > 0),
        pinned: { ...named(current), channel: current.manifest.channel, ...(floating ? { floating } : {}) },
        ...(previous ? { previous: named(previous) } : {}),
        ...(runs ? { runs } : {}),
        standing,
        ...(candidate ? { candidate } : {}),
        ...(canary ? { canary } : {}),
        flags: flagsOf(flags, module.name, stack.name),
        ...(confidence === undefined ? {} : { confidence }),
      };
    });
}

function stateOf(
  allowed: boolean,
  { manifestDigest }: Release,
  runs: RunningModule | undefined,
  recorded: boolean,
): ModuleStatus["state"] {
  if (!allowed) return "refused";
  if (!recorded) return "unrecorded";
  return runs?.manifestDigest === manifestDigest ? "running" : "to-apply";
}

function standingOf(
  context: Context,
  candidate: Candidate,
  { stack }: Platform,
  at: Date,
  gate: Gate,
): ModuleStatus["standing"] {
  const { allowed, blessed, passed, requirements, asksForBlessing, next } = standingReport(
    context,
    candidate,
    stack,
    at,
    gate,
  );
  return {
    allowed,
    blessed,
    passed,
    // Where no blessing is asked for, only what refuses anyway concerns anybody.
    requirements: asksForBlessing ? requirements : alwaysInTheWay(requirements),
    ...(next === undefined ? {} : { next }),
  };
}

/** The newer release that the stack before has. */
function candidateOf(
  context: Context,
  { module, current }: PlatformModule,
  source: Platform,
  platform: Platform,
  gate: Gate,
  at: Date,
): ModuleStatus["candidate"] {
  const release = source.modules.get(module.name)?.current;
  if (release === undefined) return undefined;
  const { version, channel } = release.manifest;
  if (compareVersions(module.versions, version, current.manifest.version) <= 0) return undefined;
  const values = configuredIn(module, platform.settings);
  const standing = standingOf(context, { module, release, configHash: configHash(values) }, platform, at, gate);
  return { ...named(release), channel, from: source.stack.name, ...standing };
}

function flagsOf(flags: readonly ListedFlag[], module: string, stack: string): ModuleStatus["flags"] {
  return flags
    .filter((flag) => flag.module === module)
    .map(({ flag, maturity, expires, stale, settings }) => {
      return { flag, setting: flagValue(settings[stack] ?? "off"), maturity, expires, stale: [...stale] };
    });
}

/** The newest signed figure that was measured in this stack for what it pins. */
function confidenceOf(gate: Gate, { module, current }: PlatformModule, { stack }: Platform): number | undefined {
  const measured = ofKind(gate.records(module, current, stack), "evidence")
    .map(({ predicate }) => predicate)
    .filter(({ type, in: place }) => type === "release-confidence" && place === stack.name)
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  return measured.at(-1)?.metrics.confidence;
}

function named({ manifest, manifestDigest }: Release) {
  return { version: manifest.version, manifestDigest };
}
