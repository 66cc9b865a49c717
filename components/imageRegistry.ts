import { ComponentResource, type ComponentResourceOptions } from "@pulumi/pulumi";

export interface ImageRegistryArgs {
  /** Host and path that its repositories share, such as `images.opencadc.org/platform`. */
  url: string;
  /** Repositories below the url that the stack pulls images from, sorted: `images.opencadc.org/platform/skaha`. */
  repositories: string[];
  /** Name of the Secret that nodes pull with. None by default: the registry is public, or the nodes have a role. */
  pullSecret?: string | undefined;
}

/** A registry that exists already, and what a stack takes from it. Makes nothing: it is there to be judged. */
export class ImageRegistry extends ComponentResource {
  /** @internal */
  static readonly __pulumiType = "imprimatur:registry:ImageRegistry";

  /** Host and path that its repositories share. */
  readonly url: string;

  constructor(name: string, args: ImageRegistryArgs, opts?: ComponentResourceOptions) {
    super(ImageRegistry.__pulumiType, name, args, opts);

    this.url = args.url;

    this.registerOutputs({ url: this.url });
  }
}
