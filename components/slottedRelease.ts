import type { Release } from "@pulumi/kubernetes/helm/v3/release.js";
import { ComponentResource, type ComponentResourceOptions, type Input, type Resource } from "@pulumi/pulumi";
import { type ChartSource, helmRelease } from "./helmRelease.ts";
import type { ModuleReleaseArgs } from "./moduleRelease.ts";
import { SanityCheck, type SanityCheckArgs } from "./sanityCheck.ts";
import { TrafficRoute, type TrafficRouteArgs } from "./trafficRoute.ts";

/** One release beside others. */
export interface SlotArgs {
  /** Name of the Helm release, which another release or configuration of the module does not have. */
  slot: string;
  /** Version of the module's release, such as `1.1.0`. */
  version: string;
  /** SHA-256 of the release manifest: `sha256:…`. */
  manifestDigest: string;
  /** SHA-256 of what it was configured with, without what is operational. */
  configHash: string;
  /** The chart, in an OCI registry. */
  chart: ChartSource;
  /** All that the chart is told, images included. */
  values: Input<Record<string, unknown>>;
  /** What is run once it is ready, and before it gets traffic. None by default. */
  sanity?: SanityCheckArgs | undefined;
}

/** The current release is the module's; the others are told apart from it. */
export interface SlottedReleaseArgs extends ModuleReleaseArgs {
  /** Name of the Helm release of the current release. */
  slot: string;
  /** The next release, which gets a share of the traffic. None by default. */
  canary?: SlotArgs | undefined;
  /** What ran before: it stays, without traffic. None by default. */
  kept?: SlotArgs | undefined;
  /** Where the traffic comes from, and where it goes. */
  route: TrafficRouteArgs;
}

/**
 * The releases of a module beside one another, each as a Helm release of its own, and the route that decides which has
 * the traffic. It moves when what it moves to is ready and has passed its check; only then is the previous slot touched.
 * What is ready nowhere, or fails its check, leaves the traffic where it was.
 */
export class SlottedRelease extends ComponentResource {
  /** @internal */
  static readonly __pulumiType = "imprimatur:release:SlottedRelease";

  /** The Helm releases, by their names. */
  readonly releases: ReadonlyMap<string, Release>;
  readonly route: TrafficRoute;

  constructor(name: string, args: SlottedReleaseArgs, opts: ComponentResourceOptions = {}) {
    super(SlottedRelease.__pulumiType, name, args, opts);

    const { canary, kept, namespace, atomic, timeoutSeconds } = args;
    const before = opts.dependsOn === undefined ? {} : { dependsOn: opts.dependsOn };
    const releases = new Map<string, Release>();
    // Named by the slot, so that what was the current slot and becomes the previous one is the same resource.
    const install = ({ slot, chart, values }: SlotArgs, first: Pick<ComponentResourceOptions, "dependsOn">) => {
      const helm = { name: slot, namespace, chart, values, atomic, timeoutSeconds };
      const release = helmRelease(slot, helm, { parent: this, ...first });
      releases.set(slot, release);
      return release;
    };

    const ready = [args, ...(canary === undefined ? [] : [canary])].flatMap((slot): Resource[] => {
      const release = install(slot, before);
      if (slot.sanity === undefined) return [release];
      return [release, new SanityCheck(slot.sanity.name, slot.sanity, { parent: this, dependsOn: release }).job];
    });
    this.route = new TrafficRoute(name, args.route, { parent: this, dependsOn: ready });
    if (kept !== undefined) install(kept, { dependsOn: [this.route.route] });
    this.releases = releases;

    this.registerOutputs({ manifestDigest: args.manifestDigest });
  }
}
