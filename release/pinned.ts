import type { PlatformCanary } from "./canary/read.ts";
import { collect, InputError, nearestHint, type Problem } from "./errors.ts";
import type { PinnedReleases } from "./pins.ts";
import { servedFrom } from "./registries.ts";
import type { Module } from "./schema/module.ts";
import type { StackSettings } from "./schema/stack.ts";
import { checkRoute } from "./slotted.ts";
import { isRange, satisfiesRange } from "./versions.ts";

/** A module that a stack pins, before its values are made. */
export type Pinned = PinnedReleases & { readonly module: Module; readonly canary?: PlatformCanary };

/** Settings that name modules. */
const BY_MODULE = [
  "imprimatur:values",
  "imprimatur:canaries",
  "imprimatur:previousValues",
  "imprimatur:routes",
  "imprimatur:flags",
] as const;

/**
 * Holds what a stack pins against what its modules, their releases and its other settings say.
 * @param file where the settings were read, for messages
 * @throws InputError with every problem of the first kind that is found
 */
export function checkPinned(pinned: ReadonlyMap<string, Pinned>, settings: StackSettings, file: string): void {
  for (const key of BY_MODULE) checkNames(key, settings, pinned, file);
  checkFlags(settings, pinned, file);
  collect([...pinned.values()], (entry) => checkModule(entry, pinned, settings, file));
}

/** What must be there first: declared dependencies, and the content that a service downloads. */
export function needsOf(module: Module): string[] {
  return [...new Set([...Object.keys(module.dependsOn), ...Object.keys(module.content)])].sort();
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
  key: (typeof BY_MODULE)[number],
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
