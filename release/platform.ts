import type { CanaryPlan } from "./canary/plan.ts";
import { type PlatformCanary, readCanary } from "./canary/read.ts";
import type { Catalogue } from "./catalogue.ts";
import { configurationOf } from "./configuration.ts";
import { collect, InputError } from "./errors.ts";
import { type Infrastructure, planInfrastructure } from "./infrastructure.ts";
import type { JsonObject } from "./json.ts";
import { CycleError, waves } from "./order.ts";
import { checkPinned, needsOf, type Pinned } from "./pinned.ts";
import { type PinnedReleases, resolvePins } from "./pins.ts";
import { pulledFrom } from "./registries.ts";
import type { Module } from "./schema/module.ts";
import type { StackSettings } from "./schema/stack.ts";
import type { TrustedStack } from "./schema/trust.ts";
import type { Slot } from "./slots.ts";
import { slotsOf, type ValuesOf } from "./slotted.ts";
import {
  annotationValues,
  contentValues,
  type FlagConfig,
  flagConfig,
  flagValues,
  imageValues,
  mergeValues,
} from "./values.ts";

/** A module as one stack runs it. */
export interface PlatformModule extends PinnedReleases {
  readonly module: Module;
  /** Chart values, complete: catalogue, stack, images, content, annotations. */
  readonly values: JsonObject;
  readonly configHash: string;
  /** What some users get instead of the current release, and how many of them: percent of the traffic, where a route moves it. */
  readonly canary?: PlatformCanary;
  /** How its canaries may go; absent where it has none. */
  readonly canaryPlan?: CanaryPlan;
  /** The ConfigMap that its chart takes its flags from, where it does. */
  readonly flags?: FlagConfig;
  /** For the strategy slot: the current release, the canary if there is one, and what the stack falls back on. */
  readonly slots?: readonly Slot[];
  /** Names of the modules of this stack that must be ready first. */
  readonly needs: readonly string[];
}

/** All that one stack is to contain, checked: the one typed value that everything else is made from. */
export interface Platform {
  readonly stack: TrustedStack;
  readonly settings: StackSettings;
  /** By name, each behind what it needs. */
  readonly modules: ReadonlyMap<string, PlatformModule>;
  /** What it makes in the cloud to stand on. */
  readonly infrastructure: Infrastructure;
}

/**
 * Makes the platform of one stack from its settings and the catalogue.
 * @param file where the settings were read, for messages
 * @throws InputError with every problem that could be found
 */
export function readPlatform(catalogue: Catalogue, stackName: string, settings: StackSettings, file: string): Platform {
  const stack = catalogue.stack(stackName);
  const pins = collect(Object.entries(settings["imprimatur:modules"]), ([name, pin]) => {
    const place = { file, path: `config.imprimatur:modules.${name}` };
    const module = catalogue.module(name, place);
    const canary = readCanary(catalogue, module, settings, file);
    return [name, { module, ...resolvePins(catalogue, module, pin, stack.class, place), ...canary }] as const;
  });
  const pinned = new Map(pins);
  checkPinned(pinned, settings, file);
  const order = orderOf(pinned);
  const modules = new Map(order.map((name) => [name, complete(name, pinned, settings, catalogue.modules)]));
  return { stack, settings, modules, infrastructure: planInfrastructure(catalogue, stack, settings, file) };
}

function complete(
  name: string,
  pinned: ReadonlyMap<string, Pinned>,
  settings: StackSettings,
  modules: Catalogue["modules"],
): PlatformModule {
  const entry = pinned.get(name) as Pinned;
  const { module, current } = entry;
  const { values: configured, canary: plan, configHash } = configurationOf(modules, module, settings);
  // Flags and content are operational: they are the same for every release that runs.
  const content = contentValues(module, (other) => ({
    stable: pinned.get(other)?.current.manifest.version ?? "none",
    canary: pinned.get(other)?.canary?.release.manifest.version ?? "none",
  }));
  const switched = settings["imprimatur:flags"][name] ?? {};
  const flags = flagConfig(module, switched);
  const valuesOf: ValuesOf = (release, own) => {
    const images = imageValues(module, release, (repository) =>
      pulledFrom(settings["imprimatur:registries"], repository),
    );
    return mergeValues(own, content, flagValues(module, switched), images, annotationValues(module, release));
  };
  const complete = {
    ...entry,
    values: valuesOf(current, configured),
    configHash,
    ...(plan === undefined ? {} : { canaryPlan: plan }),
    ...(flags === undefined ? {} : { flags }),
    needs: needsOf(module),
  };
  return module.strategy === "slot"
    ? { ...complete, slots: slotsOf(complete, configured, settings, valuesOf) }
    : complete;
}

/** The modules of a platform in waves: each is started when all of the one before is ready. */
export function startWaves({ modules }: Pick<Platform, "modules">): readonly (readonly string[])[] {
  return waves(new Map([...modules].map(([name, { needs }]) => [name, needs])));
}

function orderOf(pinned: ReadonlyMap<string, Pinned>): string[] {
  const needs = new Map([...pinned].map(([name, { module }]) => [name, needsOf(module)]));
  try {
    return waves(needs).flat();
  } catch (error) {
    if (!(error instanceof CycleError)) throw error;
    const [first = ""] = error.cycle;
    throw new InputError([
      {
        file: `catalog/modules/${first}.yaml`,
        path: "dependsOn",
        message: "goes round in a circle",
        value: error.cycle.join(" -> "),
      },
    ]);
  }
}
