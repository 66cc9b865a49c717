import { Image } from "@pulumi/docker/image.js";
import { ComponentResource, type ComponentResourceOptions, type Input } from "@pulumi/pulumi";

/** How an image is built from source. */
export interface ImageBuild {
  /** Folder with the source. */
  context: string;
  /** The Dockerfile in the context by default. */
  dockerfile?: string | undefined;
  /** Stage to build; the last one by default. */
  target?: string | undefined;
  /** Tag that the image is pushed under. */
  tag: string;
}

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
  /** Registry host and path as the catalogue writes it, with neither tag nor digest. */
  repository: string;
  /** Registry host and path that this stack pulls it from, where it is a mirror's. */
  pulledFrom?: string | undefined;
  /** Digest of the image index: `sha256:…`. Absent where the image is built. */
  digest?: string | undefined;
  /** Builds the image in place of the release's own: for trying out a change, where nothing has to be signed for. */
  build?: ImageBuild | undefined;
}

/**
 * One image of one release that a stack runs or offers. It makes nothing and is there to be judged, unless it is built.
 *
 * Built by `@pulumi/docker`, which needs nothing but the Docker daemon that developers have: what is built here leaves
 * no development environment, so the provenance and the many platforms that `@pulumi/docker-build` adds serve nobody.
 */
export class BlessedImage extends ComponentResource {
  /** @internal */
  static readonly __pulumiType = "imprimatur:release:BlessedImage";

  /** What the release manifest calls it. */
  readonly image: string;

  /**
   * `repository@sha256:…`, as plain text: an image that only an update could know could not be judged before it. That is
   * so for one that is built, and for no other.
   */
  readonly ref: Input<string>;

  constructor(name: string, args: BlessedImageArgs, opts?: ComponentResourceOptions) {
    super(BlessedImage.__pulumiType, name, args, opts);

    this.image = args.name;
    const repository = args.pulledFrom ?? args.repository;
    this.ref = args.build === undefined ? `${repository}@${args.digest}` : this.#build(name, repository, args.build);

    this.registerOutputs({ ref: this.ref });
  }

  #build(name: string, repository: string, { context, dockerfile, target, tag }: ImageBuild) {
    const options = {
      ...(dockerfile === undefined ? {} : { dockerfile }),
      ...(target === undefined ? {} : { target }),
    };
    const image = new Image(
      name,
      { imageName: `${repository}:${tag}`, build: { context, ...options }, buildOnPreview: false, skipPush: false },
      { parent: this },
    );
    return image.repoDigest;
  }
}
