import type { ComponentResourceOptions, Resource } from "@pulumi/pulumi";
import type { BlessedImage } from "../components/blessedImage.ts";
import { Environment } from "../components/environment.ts";
import { FlagConfig } from "../components/flagConfig.ts";
import { PublishedRelease, type PublishedVersion } from "../components/publishedRelease.ts";
import { ReleaseRecord } from "../components/releaseRecord.ts";
import type { Gate } from "../release/gate.ts";
import type { Platform, PlatformModule } from "../release/platform.ts";
import type { SignedRecord } from "../release/records.ts";
import type { Release } from "../release/schema/manifest.ts";
import { releaseAnnotations } from "../release/values.ts";
import { declareCanary } from "./canaries.ts";
import { declareChart, releaseArgs } from "./charts.ts";
import { declareAws, declareCluster } from "./cluster.ts";
import { buildsOf, declareImages, declareRegistries, type Registries } from "./images.ts";
import { declareLiveFlags } from "./liveFlags.ts";
import type { StackOutputs } from "./outputs.ts";

/** A module that is declared: what its chart, its slots or its publication came to. */
type Released = ReturnType<typeof declareChart> | PublishedRelease;

/** Declares every resource of a platform. A module is only started when all that it needs is ready. */
export function declarePlatform(platform: Platform, gate: Gate): StackOutputs {
  const { stack, settings, modules, infrastructure } = platform;
  const namespaces = sorted([...modules.values()].map(({ module }) => module.namespace));
  const aws = declareAws(infrastructure);
  const cluster = declareCluster(platform, namespaces, aws);
  const environment = new Environment(
    "platform",
    {
      stack: stack.name,
      class: stack.class,
      namespaces,
      quota: settings["imprimatur:quota"],
      protect: stack.class === "prod",
    },
    { providers: [cluster.provider], dependsOn: cluster.first },
  );
  const registries = declareRegistries(platform, aws, cluster.roles);

  const declared = new Map<string, Released>();
  for (const [name, entry] of modules) {
    const first = [
      environment.namespaces.get(entry.module.namespace),
      ...entry.needs.map((need) => declared.get(need)),
    ];
    const opts = { providers: [cluster.provider], dependsOn: first.filter((resource) => resource !== undefined) };
    const flags = declareFlags(entry, opts);
    const dependsOn = flags === undefined ? opts.dependsOn : [...opts.dependsOn, flags.configMap];
    const component = declareModule(platform, entry, registries, { ...opts, dependsOn });
    declared.set(name, component);
    declareRecord(entry, gate.standingAnyhow(entry.module, entry.current, stack).blessing, component);
    declareCanary(platform, entry, { dependsOn: opts.dependsOn });
    declareLiveFlags(platform, entry, {});
  }
  const { kubeconfig, endpoint } = cluster;
  return {
    namespaces,
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(endpoint === undefined ? {} : { endpoint }),
    registryUrls: Object.fromEntries([...registries.all].map(([name, { url }]) => [name, url])),
    manifestDigests: Object.fromEntries([...modules].map(([name, { current }]) => [name, current.manifestDigest])),
  };
}

/** The ConfigMap of a module's flags, where its chart takes one. */
function declareFlags({ module, flags }: PlatformModule, opts: ComponentResourceOptions): FlagConfig | undefined {
  if (flags === undefined) return undefined;
  const { name: configMap, data } = flags;
  return new FlagConfig(
    `${module.name}-flags`,
    { module: module.name, namespace: module.namespace, configMap, data: { ...data } },
    opts,
  );
}

/** A module as its chart runs it or, where it has none, as its release is published. */
function declareModule(
  platform: Platform,
  entry: PlatformModule,
  registries: Registries,
  opts: ComponentResourceOptions,
): Released {
  const { module, current, previous } = entry;
  const images = declareImages(entry, current, registries, buildsOf(platform, module.name));
  if (current.manifest.chart !== undefined) return declareChart(platform, entry, registries, images, opts);
  return new PublishedRelease(
    module.name,
    {
      ...releaseArgs(entry, current),
      namespace: module.namespace,
      annotations: releaseAnnotations(module.name, current),
      current: publishedVersion(current, images),
      // Users may fall back to it, so its images are judged as well.
      previous: previous && publishedVersion(previous, declareImages(entry, previous, registries, {}, "/previous")),
    },
    opts,
  );
}

/** What the cluster itself says of a release, once it is ready. */
function declareRecord(
  { module, current }: PlatformModule,
  blessing: SignedRecord<"blessing"> | undefined,
  released: Released,
): void {
  new ReleaseRecord(
    `${module.name}/release`,
    {
      module: module.name,
      namespace: module.namespace,
      version: current.manifest.version,
      manifestDigest: current.manifestDigest,
      blessing: blessing && {
        digest: `sha256:${blessing.digest}`,
        by: blessing.person,
        at: blessing.predicate.timeVerified,
      },
    },
    { parent: released, dependsOn: readyOf(released) },
  );
}

/** What is ready when a release is: the component itself would wait for its own child. */
function readyOf(released: Released): Resource {
  if ("configMap" in released) return released.configMap;
  return "route" in released ? released.route.route : released.release;
}

function publishedVersion({ manifest, manifestDigest }: Release, images: readonly BlessedImage[]): PublishedVersion {
  return {
    version: manifest.version,
    manifestDigest,
    images: Object.fromEntries(images.map(({ image, ref }) => [image, ref])),
    content: manifest.content,
  };
}

function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
