import type { ComponentResource, ComponentResourceOptions } from "@pulumi/pulumi";
import { BlessedImage } from "../components/blessedImage.ts";
import { Cluster } from "../components/cluster.ts";
import { Environment } from "../components/environment.ts";
import { ImageRegistry } from "../components/imageRegistry.ts";
import { ModuleRelease } from "../components/moduleRelease.ts";
import { PublishedRelease, type PublishedVersion } from "../components/publishedRelease.ts";
import type { Platform, PlatformModule } from "../release/platform.ts";
import { pulledFrom } from "../release/registries.ts";
import type { Release } from "../release/schema/manifest.ts";
import { releaseAnnotations } from "../release/values.ts";

/** What a stack says of itself once it is applied. */
export interface StackOutputs {
  /** Names of the namespaces that modules run in, sorted. */
  readonly namespaces: readonly string[];
  /** By module: the manifest digest of the release that runs, or that is offered. */
  readonly manifestDigests: Readonly<Record<string, string>>;
}

/** The registries of a stack, and where it pulls a repository of the catalogue from. */
interface Registries {
  readonly all: readonly ImageRegistry[];
  readonly pulledFrom: (repository: string) => string;
}

/** Declares every resource of a platform. A module is only started when all that it needs is ready. */
export function declarePlatform({ stack, settings, modules }: Platform): StackOutputs {
  const cluster = new Cluster("cluster", settings["imprimatur:cluster"]);
  const namespaces = sorted([...modules.values()].map(({ module }) => module.namespace));
  const environment = new Environment(
    "platform",
    {
      stack: stack.name,
      class: stack.class,
      namespaces,
      quota: settings["imprimatur:quota"],
      protect: stack.class === "prod",
    },
    { providers: [cluster.provider] },
  );
  const registries = declareRegistries(settings["imprimatur:registries"], [...modules.values()]);

  const declared = new Map<string, ComponentResource>();
  for (const [name, entry] of modules) {
    const first = [
      environment.namespaces.get(entry.module.namespace),
      ...entry.needs.map((need) => declared.get(need)),
    ];
    const component = declareModule(entry, registries, {
      providers: [cluster.provider],
      dependsOn: first.filter((resource) => resource !== undefined),
    });
    declared.set(name, component);
  }
  return {
    namespaces,
    manifestDigests: Object.fromEntries([...modules].map(([name, { current }]) => [name, current.manifestDigest])),
  };
}

/** A module as its chart runs it or, where it has none, as its release is published. */
function declareModule(
  entry: PlatformModule,
  registries: Registries,
  opts: ComponentResourceOptions,
): ComponentResource {
  const { module, current, previous, values, configHash } = entry;
  const release = { ...releaseArgs(entry, current), namespace: module.namespace };
  const images = declareImages(entry, current, registries);

  if (current.manifest.chart !== undefined) {
    const { repository, ...rest } = current.manifest.chart;
    const chart = { ...rest, repository: registries.pulledFrom(repository) };
    return new ModuleRelease(module.name, { ...release, configHash, chart, values, atomic: module.atomic }, opts);
  }
  return new PublishedRelease(
    module.name,
    {
      ...release,
      annotations: releaseAnnotations(module.name, current),
      current: publishedVersion(current, images),
      // Users may fall back to it, so its images are judged as well.
      previous: previous && publishedVersion(previous, declareImages(entry, previous, registries, "/previous")),
    },
    opts,
  );
}

/** One registry for each that the settings name, with the repositories that it serves. */
function declareRegistries(
  settings: Platform["settings"]["imprimatur:registries"],
  modules: readonly PlatformModule[],
): Registries {
  const from = (repository: string) => pulledFrom(settings, repository);
  const urls = Object.values(settings).map(({ url }) => url);
  const repositories = sorted(
    modules.flatMap(({ current, previous }) =>
      [current, previous].flatMap((release) =>
        Object.values(release?.manifest.images ?? {}).map(({ repository }) => from(repository)),
      ),
    ),
  );
  const all = Object.entries(settings).map(([name, registry]) => {
    const served = repositories.filter((repository) => servedBy(repository, urls) === registry.url);
    return new ImageRegistry(name, { ...registry, repositories: served });
  });
  return { all, pulledFrom: from };
}

/** The images of a release, each below the registry that serves it. */
function declareImages(
  entry: PlatformModule,
  release: Release,
  { all, pulledFrom }: Registries,
  suffix = "",
): BlessedImage[] {
  const urls = all.map(({ url }) => url);
  return Object.entries(release.manifest.images).map(([name, { repository: own, digest }]) => {
    const repository = pulledFrom(own);
    const url = servedBy(repository, urls);
    const parent = all.find((registry) => registry.url === url);
    return new BlessedImage(
      // A slash stands in no name of a module or image, so that no two images share a URN.
      `${entry.module.name}/${name}${suffix}`,
      { ...releaseArgs(entry, release), name, repository, digest },
      parent === undefined ? {} : { parent },
    );
  });
}

/** The registry that is closest to a repository, where one lies below another. */
function servedBy(repository: string, urls: readonly string[]): string | undefined {
  return urls
    .filter((url) => repository.startsWith(`${url}/`))
    .sort((a, b) => b.length - a.length)
    .at(0);
}

/** What every component says of the release that it is part of. */
function releaseArgs({ module }: PlatformModule, { manifest, manifestDigest }: Release) {
  return {
    module: module.name,
    version: manifest.version,
    manifestDigest,
    channel: manifest.channel,
    purpose: module.purpose,
  };
}

function publishedVersion({ manifest }: Release, images: readonly BlessedImage[]): PublishedVersion {
  return {
    version: manifest.version,
    images: Object.fromEntries(images.map(({ image, ref }) => [image, ref])),
    content: manifest.content,
  };
}

function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
