import type { Release } from "@pulumi/kubernetes/helm/v3/release.js";
import { ComponentResource, type ComponentResourceOptions, type Input } from "@pulumi/pulumi";
import { type ChartSource, helmRelease } from "./helmRelease.ts";
import { SanityCheck, type SanityCheckArgs } from "./sanityCheck.ts";

/** A release that ran before, for whoever judges whether there is a way back. */
interface PreviousRelease {
  /** Version of the release, such as `1.0.2`. */
  version: string;
  /** SHA-256 of its manifest: `sha256:…`. */
  manifestDigest: string;
}

export interface ModuleReleaseArgs {
  /** Name of the module; the Helm release has it too. */
  module: string;
  /** Version of the module's release, such as `1.1.0`. */
  version: string;
  /** SHA-256 of the release manifest: `sha256:…`. */
  manifestDigest: string;
  /** Channel of the release: `experimental`, `edge`, `alpha`, `beta` or `stable`. */
  channel: string;
  /** `service` (the platform runs it) or `offered` (users choose it). */
  purpose: string;
  /** The release that the stack falls back on. None by default: the stack has run no other. */
  previous?: PreviousRelease | undefined;
  /** SHA-256 of the module's resolved chart values, without what is operational. */
  configHash: string;
  /** Namespace that it runs in, which must be there. */
  namespace: string;
  /** The chart, in an OCI registry. */
  chart: ChartSource;
  /** All that the chart is told, images included. */
  values: Input<Record<string, unknown>>;
  /** Whether an upgrade that does not get ready is rolled back, and a first install removed. Else it stays as it is. */
  atomic: boolean;
  /** Seconds until a release that is not ready has failed. 300 by default. */
  timeoutSeconds?: number | undefined;
  /** What is run once it is ready; whatever needs the module waits for it. None by default. */
  sanity?: SanityCheckArgs | undefined;
}

/** A release of a module that has a chart, as one Helm release. */
export class ModuleRelease extends ComponentResource {
  /** @internal */
  static readonly __pulumiType = "imprimatur:release:ModuleRelease";

  /** The Helm release; it is ready when this is made. */
  readonly release: Release;

  constructor(name: string, args: ModuleReleaseArgs, opts: ComponentResourceOptions = {}) {
    super(ModuleRelease.__pulumiType, name, args, opts);

    this.release = helmRelease(
      name,
      { ...args, name: args.module },
      // The component's own dependsOn delays its children, but is not recorded as theirs: destroying would not know it.
      { parent: this, ...(opts.dependsOn === undefined ? {} : { dependsOn: opts.dependsOn }) },
    );
    if (args.sanity !== undefined) {
      new SanityCheck(args.sanity.name, args.sanity, { parent: this, dependsOn: this.release });
    }

    this.registerOutputs({ manifestDigest: args.manifestDigest });
  }
}
