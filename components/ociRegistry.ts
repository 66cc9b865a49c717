import { ComponentResource, type ComponentResourceOptions } from "@pulumi/pulumi";

export interface OciRegistryArgs {
  /** Host and path that its repositories share, such as `images.opencadc.org/platform`. */
  url: string;
  /** Host and path that it stands in for, where it is a mirror: the catalogue names repositories below that one. */
  mirrors?: string | undefined;
  /** Repositories below the url that the stack pulls images from, sorted: `images.opencadc.org/platform/skaha`. */
  repositories: string[];
  /** Name of the Secret that nodes pull with. None by default: the registry is public, or the nodes have a role. */
  pullSecret?: string | undefined;
}

/** A registry that exists already, and what a stack takes from it. Makes nothing: it is there to be judged. */
export class OciRegistry extends ComponentResource {
  /** @internal */
  static readonly __pulumiType = "imprimatur:registry:OciRegistry";

  /** Host and path that its repositories share. */
  readonly url: string;

  constructor(name: string, args: OciRegistryArgs, opts?: ComponentResourceOptions) {
    super(OciRegistry.__pulumiType, name, args, opts);

    this.url = args.url;

    this.registerOutputs({ url: this.url });
  }
}
