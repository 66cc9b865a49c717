import type { ComponentResource, ComponentResourceOptions } from "@pulumi/pulumi";
import type { BlessedImage } from "../components/blessedImage.ts";
import { ModuleRelease, type ModuleReleaseArgs } from "../components/moduleRelease.ts";
import type { SanityCheckArgs } from "../components/sanityCheck.ts";
import { type SlotArgs, SlottedRelease } from "../components/slottedRelease.ts";
import type { TrafficRouteArgs } from "../components/trafficRoute.ts";
import type { Platform, PlatformModule } from "../release/platform.ts";
import type { Release } from "../release/schema/manifest.ts";
import type { SanityCheck } from "../release/schema/strategy.ts";
import { type Slot, slotName, slotService } from "../release/slots.ts";
import { releaseAnnotations } from "../release/values.ts";
import { declareImages, type Registries, withBuilt } from "./images.ts";

/** Declares a module that has a chart, as its strategy says. */
export function declareChart(
  platform: Platform,
  entry: PlatformModule,
  registries: Registries,
  images: readonly BlessedImage[],
  opts: ComponentResourceOptions,
): ComponentResource {
  const { module, current, previous, configHash, slots } = entry;
  const values = withBuilt(entry.values, entry, images);
  const args: ModuleReleaseArgs = {
    ...releaseArgs(entry, current),
    namespace: module.namespace,
    previous: previous && { version: previous.manifest.version, manifestDigest: previous.manifestDigest },
    configHash,
    chart: chartOf(current, registries),
    values,
    atomic: module.atomic,
    sanity: checkOf(entry, current, configHash, images),
  };
  const [first] = slots ?? [];
  if (slots === undefined || first === undefined) return new ModuleRelease(module.name, args, opts);
  const beside = (role: Slot["role"]): SlotArgs | undefined => {
    const slot = slots.find((each) => each.role === role);
    if (slot === undefined) return undefined;
    // It runs, or may run again at once, so its images are judged as well.
    const own = declareImages(entry, slot.release, registries, {}, `/${role}`);
    return slotArgs(entry, slot, registries, role === "canary" ? own : undefined);
  };
  const route = routeOf(platform, entry, slots);
  const slotted = { ...args, slot: first.name, canary: beside("canary"), kept: beside("previous"), route };
  return new SlottedRelease(module.name, slotted, opts);
}

/** What every component says of the release that it is part of. */
export function releaseArgs({ module }: PlatformModule, { manifest, manifestDigest }: Release) {
  return {
    module: module.name,
    version: manifest.version,
    manifestDigest,
    channel: manifest.channel,
    purpose: module.purpose,
  };
}

/** A slot besides the current one. Its check is only run for what is to get traffic. */
function slotArgs(
  entry: PlatformModule,
  slot: Slot,
  registries: Registries,
  images?: readonly BlessedImage[],
): SlotArgs {
  const { name, release, configHash, values } = slot;
  return {
    slot: name,
    version: release.manifest.version,
    manifestDigest: release.manifestDigest,
    configHash,
    chart: chartOf(release, registries),
    values,
    sanity: images && checkOf(entry, release, configHash, images),
  };
}

function chartOf({ manifest }: Release, { pulledFrom }: Registries): ModuleReleaseArgs["chart"] {
  if (manifest.chart === undefined) throw new Error(`${manifest.module} ${manifest.version} has no chart`);
  const { repository, ...rest } = manifest.chart;
  return { ...rest, repository: pulledFrom(repository) };
}

/** The check of a release as configured: another Job for another release or configuration, so that each is checked. */
function checkOf(
  { module }: PlatformModule,
  release: Release,
  configHash: string,
  images: readonly BlessedImage[],
): SanityCheckArgs | undefined {
  const { sanity } = module;
  if (sanity === undefined) return undefined;
  const { image: name, owner: _, ...rest }: SanityCheck = sanity;
  const image = images.find((each) => each.image === name);
  if (image === undefined) throw new Error(`${module.name} ${release.manifest.version} has no image ${name}`);
  return {
    ...rest,
    name: `${slotName(release, configHash)}-sanity`,
    namespace: module.namespace,
    annotations: releaseAnnotations(module.name, release),
    image: image.ref,
  };
}

function routeOf({ settings }: Platform, { module }: PlatformModule, slots: readonly Slot[]): TrafficRouteArgs {
  const from = settings["imprimatur:routes"][module.name];
  if (module.route === undefined || from === undefined) throw new Error(`${module.name} has no route`);
  const { service, path, port } = module.route;
  const backends = slots
    .filter(({ role }) => role !== "previous")
    .map(({ name, weight }) => ({ service: slotService(service, name), weight }));
  const { name, namespace } = module;
  return { name, namespace, ...from, path, port, backends };
}
