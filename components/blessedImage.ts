import { ComponentResource, type ComponentResourceOptions } from "@pulumi/pulumi";

export interface BlessedImageArgs {
  /** Module that the image is part of. */
  module: string;
  /** Version of the release that it comes from, such as `1.1.0`. */
  version: string;
  /** SHA-256 of that release's manifest: `sha256:…`. */
  manifestDigest: string;
  /** Channel of the release: `experimental`, `edge`, `alpha`, `beta` or `stable`. */
  channel: string;
  /** `service` (the platform runs it) or `offered` (users choose it). */
  purpose: string;
  /** What the release manifest calls the image, such as `skaha`. */
  name: string;
  /** Registry host and path, with neither tag nor digest. */
  repository: string;
  /** Digest of the image index: `sha256:…`. */
  digest: string;
}

/** One image of one release that a stack runs or offers. Makes nothing: it is there to be judged. */
export class BlessedImage extends ComponentResource {
  /** @internal */
  static readonly __pulumiType = "imprimatur:release:BlessedImage";

  /** What the release manifest calls it. */
  readonly image: string;

  /** `repository@sha256:…`, as plain text: an image that only an update could know could not be judged before it. */
  readonly ref: string;

  constructor(name: string, args: BlessedImageArgs, opts?: ComponentResourceOptions) {
    super(BlessedImage.__pulumiType, name, args, opts);

    this.image = args.name;
    this.ref = `${args.repository}@${args.digest}`;

    this.registerOutputs({ ref: this.ref });
  }
}
