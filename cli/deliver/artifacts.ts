import { nearestHint, refuseInput } from "../../release/errors.ts";
import type { Platform } from "../../release/platform.ts";
import { servedFrom } from "../../release/registries.ts";
import type { NamedRelease } from "../candidate.ts";

/** One artifact of a release, and where it belongs in the registry of an environment. */
export interface Artifact {
  readonly kind: "image" | "chart";
  /** What the release manifest calls it; the module's name for a chart. */
  readonly name: string;
  readonly digest: string;
  /** Repository as catalogue and release manifest write it. */
  readonly origin: string;
  /** Repository that the stack pulls it from. */
  readonly target: string;
  /** What is left of `target` below the registry's URL. */
  readonly path: string;
  /** Tags that are to name it there. The first comes with the copy. */
  readonly tags: readonly string[];
  /** Version of a chart. */
  readonly version?: string;
}

/** What is to be delivered, and the names of what the registries in question do not serve. */
export interface Selection {
  readonly artifacts: readonly Artifact[];
  readonly others: readonly string[];
}

/** What a registry takes as a tag (OCI distribution specification). */
const TAG = /^[\w][\w.-]{0,127}$/;

/** The tag of a release's images in the registry of an environment; `+` is legal in no tag, and becomes `_` as Helm does it. */
export function releaseTag(module: string, version: string): string {
  return `rel-${module}-${versionTag(version)}`;
}

/** A version as a tag: `roman-12.0.0`, `2.3.1_3f9c2d1`. */
export function versionTag(version: string): string {
  return version.replaceAll("+", "_");
}

/**
 * The artifacts of a release that some registries of a stack serve.
 * @param wanted names or URLs of registries in the stack's settings
 * @param formal whether images are to have the formal tag too
 * @throws InputError where the stack has no such registry, or none of them serves anything of the release
 */
export function selectArtifacts(
  { module, release }: NamedRelease,
  { stack, settings }: Platform,
  wanted: readonly string[],
  formal: boolean,
): Selection {
  const registries = settings["imprimatur:registries"];
  const names = new Set(wanted.map((text) => registryName(registries, text, stack.name)));
  const { version, images, chart } = release.manifest;
  const imageTags = [releaseTag(module.name, version), ...(formal ? [versionTag(version)] : [])];
  const all = [
    ...Object.entries(images).map(([name, { repository, digest }]) => {
      return { kind: "image" as const, name, digest, origin: repository, tags: imageTags };
    }),
    ...(chart === undefined ? [] : [chartArtifact(module.name, chart)]),
  ];
  const artifacts = all.flatMap((artifact): Artifact[] => {
    const served = servedFrom(registries, artifact.origin);
    const url = registries[served?.registry ?? ""]?.url;
    if (served === undefined || url === undefined || !names.has(served.registry)) return [];
    const target = served.repository;
    return [{ ...artifact, target, path: target.slice(url.length + 1), tags: artifact.tags.map(checkTag) }];
  });
  if (artifacts.length === 0) {
    const message = `serves nothing of ${module.name} ${version}, whose repositories are ${all.map(({ origin }) => origin).join(", ") || "none"}`;
    refuseInput({ file: "--to", path: "", message, value: wanted.join(" ") });
  }
  refuseSharedTags(artifacts);
  const others = all.filter(({ origin }) => !artifacts.some((artifact) => artifact.origin === origin));
  return { artifacts, others: others.map(({ kind, name }) => `${kind} ${name}`) };
}

function chartArtifact(name: string, chart: { repository: string; digest: string; version: string }) {
  const { repository: origin, digest, version } = chart;
  return { kind: "chart" as const, name, digest, origin, version, tags: [versionTag(version)] };
}

function registryName(registries: Platform["settings"]["imprimatur:registries"], text: string, stack: string): string {
  const found = Object.entries(registries).find(([name, { url }]) => name === text || url === text)?.[0];
  if (found !== undefined) return found;
  const known = Object.entries(registries).flatMap(([name, { url }]) => [name, url]);
  const message = `is no registry of ${stack}: see imprimatur:registries in Pulumi.${stack}.yaml`;
  return refuseInput({ file: "--to", path: "", message, value: text, ...nearestHint(text, known) });
}

function checkTag(tag: string): string {
  if (TAG.test(tag)) return tag;
  const message = "cannot be a tag: at most 128 letters, digits, dots, dashes and underscores";
  return refuseInput({ file: "<version>", path: "", message, value: tag });
}

/** Two images of one release in one repository would need the same tag. */
function refuseSharedTags(artifacts: readonly Artifact[]): void {
  for (const [index, { target, tags, digest, name }] of artifacts.entries()) {
    const other = artifacts.slice(0, index).find((before) => {
      return before.target === target && before.digest !== digest && before.tags.some((tag) => tags.includes(tag));
    });
    if (other === undefined) continue;
    const message = `holds both ${other.name} and ${name} of this release, and one tag names one digest: give each a repository`;
    refuseInput({ file: target, path: "", message });
  }
}
