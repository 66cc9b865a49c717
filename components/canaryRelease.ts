import { ComponentResource, type ComponentResourceOptions } from "@pulumi/pulumi";
import { CanaryFlag, type CanaryFlagArgs } from "./canaryFlag.ts";

/** A release that some or all users get. */
interface ServedRelease {
  /** Version of the release, such as `1.0.2`. */
  version: string;
  /** SHA-256 of its manifest: `sha256:…`. */
  manifestDigest: string;
}

export interface CanaryReleaseArgs {
  /** Name of the module. */
  module: string;
  /** What everybody gets who is not in the population. */
  stable: ServedRelease;
  /** What the population gets. None by default: then it gets the stable release too. */
  canary?: ServedRelease | undefined;
  /** Populations that were signed for, in percent, rising. */
  ladder: number[];
  /** The flag that holds the population. */
  flag: CanaryFlagArgs;
}

/**
 * Which two releases of a module a service serves, and the flag that says who gets which. The service is told the
 * versions as settings and asks the flag for each client, so that widening a canary restarts nothing.
 */
export class CanaryRelease extends ComponentResource {
  /** @internal */
  static readonly __pulumiType = "imprimatur:release:CanaryRelease";

  /** Who gets which release. */
  readonly flag: CanaryFlag;

  constructor(name: string, args: CanaryReleaseArgs, opts: ComponentResourceOptions = {}) {
    super(CanaryRelease.__pulumiType, name, args, opts);

    this.flag = new CanaryFlag(
      name,
      args.flag,
      // The component's own dependsOn delays its children, but is not recorded as theirs: destroying would not know it.
      { parent: this, ...(opts.dependsOn === undefined ? {} : { dependsOn: opts.dependsOn }) },
    );

    this.registerOutputs({ stable: args.stable.version, canary: args.canary?.version ?? "none" });
  }
}
