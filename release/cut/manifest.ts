import { canonicalJson, prettyJson } from "../json.ts";
import { parseBytes } from "../parse.ts";
import type { Channel } from "../schema/common.ts";
import { ReleaseManifest } from "../schema/manifest.ts";
import type { Module } from "../schema/module.ts";
import type { Content } from "./artifacts.ts";

/** An image or chart whose digest is known. */
export interface Artifact {
  readonly repository: string;
  readonly digest: string;
  /** The tag that it was named by, if it was. */
  readonly tag?: string;
}

/** What a release consists of, before it has a version. */
export interface CutParts {
  readonly chart?: Artifact;
  readonly images: ReadonlyMap<string, Artifact>;
  readonly content: ReadonlyMap<string, Content>;
  readonly commit: string;
  readonly channel: Channel;
  /** The version without its build metadata by default. */
  readonly appVersion?: string;
  readonly acceptance: readonly string[];
  readonly freeze?: NonNullable<ReleaseManifest["freeze"]>;
}

/** A manifest with the very bytes of its file. */
export interface CutManifest {
  readonly manifest: ReleaseManifest;
  readonly text: string;
}

/**
 * The manifest of a release. Where the chart was named by no version of its own, it has that of the release.
 * @param path where it is to be written, for messages
 * @throws InputError where something in it is malformed
 */
export function buildManifest(module: Module, version: string, parts: CutParts, path: string): CutManifest {
  const { chart, images, content, commit, channel, acceptance, freeze } = parts;
  const bare = ({ repository, digest }: Artifact) => ({ repository, digest });
  const text = prettyJson({
    $schema: "../../../schemas/release.json",
    module: module.name,
    version,
    channel,
    commit,
    appVersion: parts.appVersion ?? (version.split("+")[0] as string),
    ...(chart && { chart: { ...bare(chart), version: chartVersion(chart, version) } }),
    ...(images.size > 0 && {
      images: Object.fromEntries([...images].map(([name, image]) => [name, bare(image)])),
    }),
    ...(content.size > 0 && { content: Object.fromEntries(content) }),
    ...(acceptance.length > 0 && { acceptance }),
    ...(freeze && { freeze }),
  });
  return { manifest: parseBytes(Buffer.from(text), path, ReleaseManifest), text };
}

/** Helm writes the `+` of a chart's version as `_` in the tag, which may hold none. */
function chartVersion({ tag }: Artifact, version: string): string {
  return tag?.replaceAll("_", "+") ?? version;
}

/** Whether two manifests say the same, however their files are laid out. */
export function sameContent(a: ReleaseManifest, b: ReleaseManifest): boolean {
  const said = ({ $schema: _, example: __, ...content }: ReleaseManifest) => canonicalJson(content);
  return said(a) === said(b);
}

/** Where two manifests of one version differ: the keys, sorted. */
export function differences(a: ReleaseManifest, b: ReleaseManifest): string[] {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])] as (keyof ReleaseManifest)[];
  return keys
    .filter(
      (key) =>
        key !== "$schema" && key !== "example" && canonicalJson(a[key] ?? null) !== canonicalJson(b[key] ?? null),
    )
    .sort();
}
