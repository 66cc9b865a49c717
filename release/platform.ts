import type { Catalogue } from "./catalogue.ts";
import { InputError, nearestHint, type Problem } from "./errors.ts";
import { type Infrastructure, planInfrastructure } from "./infrastructure.ts";
import type { JsonObject } from "./json.ts";
import { CycleError, waves } from "./order.ts";
import { type PinnedReleases, resolvePins } from "./pins.ts";
import { pulledFrom, servedFrom } from "./registries.ts";
import type { Release } from "./schema/manifest.ts";
import type { Module } from "./schema/module.ts";
import type { StackSettings } from "./schema/stack.ts";
import type { TrustedStack } from "./schema/trust.ts";
import type { Slot } from "./slots.ts";
import { checkRoute, slotsOf, type ValuesOf } from "./slotted.ts";
import {
  annotationValues,
  configHash,
  contentValues,
  type FlagConfig,
  flagConfig,
  flagValues,
  imageValues,
  mergeValues,
} from "./values.ts";
import { isRange, satisfiesRange } from "./versions.ts";

/** A module as one stack runs it. */
export interface PlatformModule extends PinnedReleases {
  readonly module: Module;
  /** Chart values, complete: catalogue, stack, images, content, annotations. */
  readonly values: JsonObject;
  readonly configHash: string;
  /** The ConfigMap that its chart takes its flags from, where it does. */
  readonly flags?: FlagConfig;
  /** The next version, served to a share of the traffic: for a module with the strategy slot. */
  readonly canary?: { readonly release: Release /** In percent. */; readonly population: number };
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
    return [name, { module, ...resolvePins(catalogue, module, pin, stack.class, place) }] as const;
  });
  const pinned = new Map(pins);
  checkNames("imprimatur:values", settings, pinned, file);
  checkNames("imprimatur:previousValues", settings, pinned, file);
  checkNames("imprimatur:routes", settings, pinned, file);
  checkNames("imprimatur:flags", settings, pinned, file);
  checkFlags(settings, pinned, file);
  collect([...pinned.values()], (entry) => checkModule(entry, pinned, settings, file));
  const order = orderOf(pinned);
  const modules = new Map(order.map((name) => [name, complete(name, pinned, settings)]));
  return { stack, settings, modules, infrastructure: planInfrastructure(catalogue, stack, settings, file) };
}

type Pinned = PinnedReleases & { readonly module: Module };

function complete(name: string, pinned: ReadonlyMap<string, Pinned>, settings: StackSettings): PlatformModule {
  const entry = pinned.get(name) as Pinned;
  const { module, current } = entry;
  const configured = configuredIn(module, settings);
  // Flags and content are operational: they are the same for every release that runs.
  const content = contentValues(module, (other) => ({ stable: pinned.get(other)?.current.manifest.version ?? "none" }));
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
    configHash: configHash(configured),
    ...(flags === undefined ? {} : { flags }),
    needs: needsOf(module),
  };
  return module.strategy === "slot"
    ? { ...complete, slots: slotsOf(complete, configured, settings, valuesOf) }
    : complete;
}

/** What a module is configured with in a stack: the values that configHash is made of. */
export function configuredIn(module: Module, settings: StackSettings): JsonObject {
  return mergeValues(module.values as JsonObject, (settings["imprimatur:values"][module.name] ?? {}) as JsonObject);
}

/** What must be there first: declared dependencies, and the content that a service downloads. */
function needsOf(module: Module): string[] {
  return [...new Set([...Object.keys(module.dependsOn), ...Object.keys(module.content)])].sort();
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

function checkModule(entry: Pinned, pinned: ReadonlyMap<string, Pinned>, settings: StackSettings, file: string): void {
  const { module, current } = entry;
  const own = `catalog/modules/${module.name}.yaml`;
  const problems: Problem[] = [];
  for (const need of needsOf(module)) {
    const other = pinned.get(need);
    if (other === undefined) {
      const message = `${module.name} depends on ${need}, which this stack does not pin`;
      problems.push({ file, path: "config.imprimatur:modules", message, ...nearestHint(need, pinned.keys()) });
      continue;
    }
    const range = module.dependsOn[need] ?? "*";
    if (!isRange(other.module.versions, range)) {
      problems.push({ file: own, path: `dependsOn.${need}`, message: "is no range of versions", value: range });
    } else if (!satisfiesRange(other.module.versions, other.current.manifest.version, range)) {
      const message = `${module.name} needs ${need} ${range}, and this stack pins ${other.current.manifest.version}`;
      problems.push({
        file,
        path: `config.imprimatur:modules.${need}`,
        message,
        value: other.current.manifest.version,
      });
    }
  }
  problems.push(...checkImages(module, current, settings, file), ...checkRoute(module, settings, file));
  if (problems.length > 0) throw new InputError(problems);
}

/** A release has the images that its module declares, from the same repositories, and a registry of the stack serves each. */
function checkImages(module: Module, { manifest }: PinnedReleases["current"], settings: StackSettings, file: string) {
  const manifestFile = `catalog/releases/${module.name}/${manifest.version}.json`;
  const registries = settings["imprimatur:registries"];
  const problems: Problem[] = [];
  for (const [name, slot] of Object.entries(module.images)) {
    const image = manifest.images[name];
    const path = `images.${name}`;
    if (image === undefined) {
      problems.push({
        file: manifestFile,
        path,
        message: `${module.name} declares this image, and the release has none`,
      });
    } else if (image.repository !== slot.repository) {
      const message = `must come from the repository that catalog/modules/${module.name}.yaml declares`;
      problems.push({
        file: manifestFile,
        path: `${path}.repository`,
        message,
        value: image.repository,
        nearest: slot.repository,
      });
    }
    if (servedFrom(registries, slot.repository) === undefined) {
      const message = `no registry of this stack serves ${module.name}'s image ${name}`;
      const urls = Object.values(registries).flatMap(({ url, mirrors }) => [url, ...(mirrors ? [mirrors] : [])]);
      const hint = nearestHint(slot.repository, urls);
      problems.push({ file, path: "config.imprimatur:registries", message, value: slot.repository, ...hint });
    }
  }
  for (const name of Object.keys(manifest.images).filter((key) => !(key in module.images))) {
    const hint = nearestHint(name, Object.keys(module.images));
    problems.push({
      file: manifestFile,
      path: `images.${name}`,
      message: `${module.name} declares no such image`,
      value: name,
      ...hint,
    });
  }
  if ((module.chart === undefined) !== (manifest.chart === undefined)) {
    const message = `the module ${module.chart ? "has" : "has no"} chart, and the release ${manifest.chart ? "has one" : "has none"}`;
    problems.push({ file: manifestFile, path: "chart", message });
  }
  return problems;
}

function checkNames(
  key: "imprimatur:values" | "imprimatur:previousValues" | "imprimatur:routes" | "imprimatur:flags",
  settings: StackSettings,
  pinned: ReadonlyMap<string, Pinned>,
  file: string,
): void {
  const what = key === "imprimatur:previousValues" ? "previous values" : key.slice("imprimatur:".length);
  collect(Object.keys(settings[key]), (name) => {
    if (pinned.has(name)) return;
    const path = `config.${key}.${name}`;
    const message = `sets ${what} of a module that this stack does not pin`;
    throw new InputError([{ file, path, message, value: name, ...nearestHint(name, pinned.keys()) }]);
  });
}

/** A stack switches only what a module declares, and what gets to its chart. */
function checkFlags(settings: StackSettings, pinned: ReadonlyMap<string, Pinned>, file: string): void {
  const set = Object.entries(settings["imprimatur:flags"]).flatMap(([name, flags]) =>
    Object.keys(flags).map((flag) => [name, flag] as const),
  );
  collect(set, ([name, flag]) => {
    const { flags = {}, flagsPath, flagsFrom } = pinned.get(name)?.module ?? {};
    const own = `catalog/modules/${name}.yaml`;
    if (!(flag in flags)) {
      const path = `config.imprimatur:flags.${name}.${flag}`;
      const hint = nearestHint(flag, Object.keys(flags));
      throw new InputError([{ file, path, message: `${own} declares no such flag`, value: flag, ...hint }]);
    }
    if (flagsPath === undefined && flagsFrom === undefined && flags[flag]?.live !== true) {
      const message = `does not say where its chart takes flags, and ${file} sets ${flag}`;
      throw new InputError([{ file: own, path: "flagsFrom", message }]);
    }
  });
}

/** Maps every item, gathering the problems of all of them into one error. */
function collect<A, B>(items: readonly A[], map: (item: A) => B): B[] {
  const problems: Problem[] = [];
  const results = items.flatMap((item) => {
    try {
      return [map(item)];
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problems.push(...error.problems);
      return [];
    }
  });
  if (problems.length > 0) throw new InputError(problems);
  return results;
}
