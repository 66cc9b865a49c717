import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { ComponentResource, type ComponentResourceOptions, type Input } from "@pulumi/pulumi";
import { MANAGED_BY } from "./labels.ts";

/** What a release consists of, for whoever picks from it at run time. */
export interface PublishedVersion {
  /** Version of the release, such as `w_2026_30`. */
  version: string;
  /** SHA-256 of the release's manifest: `sha256:…`. */
  manifestDigest: string;
  /** By name of the image: `repository@sha256:…`. */
  images: Record<string, Input<string>>;
  /** By name of the content. */
  content: Record<string, PublishedContent>;
}

interface PublishedContent {
  /** Repository that it comes from. */
  repository: string;
  /** Full commit id. */
  commit: string;
  /** SHA-256 of the content itself: `sha256:…`. */
  digest: string;
}

export interface PublishedReleaseArgs {
  /** Name of the module; the ConfigMap has it too. */
  module: string;
  /** Version of the current release. */
  version: string;
  /** SHA-256 of the current release's manifest: `sha256:…`. */
  manifestDigest: string;
  /** Channel of the current release: `experimental`, `edge`, `alpha`, `beta` or `stable`. */
  channel: string;
  /** `service` (a service of the platform downloads it) or `offered` (users choose it). */
  purpose: string;
  /** Namespace of the ConfigMap, which must be there. */
  namespace: string;
  /** Annotations that name the release. */
  annotations: Record<string, string>;
  /** What is recommended, or downloaded by everybody. */
  current: PublishedVersion;
  /** What users can fall back to. */
  previous?: PublishedVersion | undefined;
}

/**
 * A release that no chart runs: images that users may choose, or content that a service downloads. It is published
 * in a ConfigMap: `current.version`, `current.image.<name>` (`repository@sha256:…`), `current.content.<name>`
 * (`repository@commit sha256:…`), and the same with `previous` where there is one.
 */
export class PublishedRelease extends ComponentResource {
  /** @internal */
  static readonly __pulumiType = "imprimatur:release:PublishedRelease";

  /** Where spawners and services read it. */
  readonly configMap: ConfigMap;

  constructor(name: string, args: PublishedReleaseArgs, opts: ComponentResourceOptions = {}) {
    super(PublishedRelease.__pulumiType, name, args, opts);

    const { module, namespace, annotations, current, previous } = args;
    this.configMap = new ConfigMap(
      name,
      {
        metadata: { name: module, namespace, labels: MANAGED_BY, annotations },
        data: {
          ...entries("current", current),
          ...(previous === undefined ? {} : entries("previous", previous)),
        },
      },
      // The component's own dependsOn delays its children, but is not recorded as theirs: destroying would not know it.
      { parent: this, ...(opts.dependsOn === undefined ? {} : { dependsOn: opts.dependsOn }) },
    );

    this.registerOutputs({ manifestDigest: args.manifestDigest });
  }
}

function entries(
  which: "current" | "previous",
  { version, images, content }: PublishedVersion,
): Record<string, Input<string>> {
  return Object.fromEntries<Input<string>>([
    [`${which}.version`, version] as const,
    ...Object.entries(images).map(([name, ref]) => [`${which}.image.${name}`, ref] as const),
    ...Object.entries(content).map(
      ([name, { repository, commit, digest }]) =>
        [`${which}.content.${name}`, `${repository}@${commit} ${digest}`] as const,
    ),
  ]);
}
