import type { Catalogue } from "./catalogue.ts";
import { mayFloat } from "./channels.ts";
import { nearestHint, refuseInput } from "./errors.ts";
import { CHANNELS, type Channel, type EnvironmentClass } from "./schema/common.ts";
import type { Release } from "./schema/manifest.ts";
import type { Module } from "./schema/module.ts";
import type { StackSettings } from "./schema/stack.ts";
import { compareVersions, normalizeVersion, SCHEME_EXAMPLES } from "./versions.ts";

/** Where a pin was written, for messages. */
export interface PinPlace {
  readonly file: string;
  readonly path: string;
}

/** What a stack runs of one module. */
export interface PinnedReleases {
  readonly current: Release;
  readonly previous?: Release;
  /** The channel that the pin floats on; absent for a fixed pin. */
  readonly floating?: Channel;
}

/** `<version>@sha256:<manifest digest>`. */
export function pinText(release: Release): string {
  return `${release.manifest.version}@${release.manifestDigest}`;
}

/**
 * Resolves what a stack file pins of one module.
 * @throws InputError for a version with no manifest, bytes that do not match, or a channel where nothing may float
 */
export function resolvePins(
  catalogue: Catalogue,
  module: Module,
  pins: StackSettings["imprimatur:modules"][string],
  stackClass: EnvironmentClass,
  place: PinPlace,
): PinnedReleases {
  if (typeof pins === "string") {
    if (!mayFloat(stackClass)) {
      refuseInput({
        ...place,
        message: `a channel floats in bleed and dev only, and this stack is ${stackClass}: pin a version with its manifest digest`,
        value: pins,
        ...suggestion(highestOfChannel(catalogue, module, pins)),
      });
    }
    return { current: releaseOfChannel(catalogue, module, pins, place), floating: pins };
  }
  const [current, previous] = pins.map((pin, index) =>
    resolvePin(catalogue, module, pin, { ...place, path: `${place.path}[${index}]` }),
  ) as [Release, Release?];
  return previous === undefined ? { current } : { current, previous };
}

/** Resolves `<version>@<manifest digest>`. @throws InputError where the bytes of its file do not have that digest */
export function resolvePin(catalogue: Catalogue, module: Module, pin: string, place: PinPlace): Release {
  const at = pin.indexOf("@");
  const [version, digest] = [pin.slice(0, at), pin.slice(at + 1)];
  const release = findVersion(catalogue, module, version, place);
  if (release.manifestDigest !== digest) {
    refuseInput({
      ...place,
      message: `the bytes of ${catalogue.releasePath(module.name, release.manifest.version)} do not have the pinned manifest digest`,
      value: pin,
      nearest: pinText(release),
    });
  }
  return release;
}

/** Resolves what a person typed: a version, a full pin, or a channel. */
export function resolveTyped(catalogue: Catalogue, module: Module, typed: string, place: PinPlace): Release {
  const channel = CHANNELS.find((name) => name === typed);
  if (channel !== undefined) return releaseOfChannel(catalogue, module, channel, place);
  if (typed.includes("@")) return resolvePin(catalogue, module, typed, place);
  return findVersion(catalogue, module, typed, place);
}

function findVersion(catalogue: Catalogue, module: Module, typed: string, place: PinPlace): Release {
  const versions = catalogue.versions(module.name);
  const version = normalizeVersion(module.versions, module.name, typed);
  if (version === undefined && !versions.includes(typed)) {
    refuseInput({
      ...place,
      message: `is no ${module.versions} version, such as ${SCHEME_EXAMPLES[module.versions]}`,
      value: typed,
      ...nearestHint(typed, versions),
    });
  }
  const release = catalogue.release(module.name, version ?? typed);
  if (release === undefined) {
    refuseInput({
      ...place,
      message: `${module.name} has no release ${typed}: there is no ${catalogue.releasePath(module.name, version ?? typed)}`,
      value: typed,
      ...nearestHint(typed, versions),
    });
  }
  return release;
}

function releaseOfChannel(catalogue: Catalogue, module: Module, channel: Channel, place: PinPlace): Release {
  const release = highestOfChannel(catalogue, module, channel);
  if (release === undefined) {
    const channels = new Set(catalogue.releases(module.name).map(({ manifest }) => manifest.channel));
    refuseInput({
      ...place,
      message: `${module.name} has no release of channel ${channel}`,
      value: channel,
      ...nearestHint(channel, channels),
    });
  }
  return release;
}

/** The highest release of exactly one channel. */
function highestOfChannel(catalogue: Catalogue, module: Module, channel: Channel): Release | undefined {
  return catalogue
    .releases(module.name)
    .filter(({ manifest }) => manifest.channel === channel)
    .sort((a, b) => compareVersions(module.versions, b.manifest.version, a.manifest.version))[0];
}

function suggestion(release: Release | undefined): { nearest?: string } {
  return release === undefined ? {} : { nearest: `[${pinText(release)}]` };
}
