import type { ReleaseManifest } from "../schema/manifest.ts";

/** An artifact that differs between two releases. */
export interface ChangedArtifact {
  readonly kind: "chart" | "image" | "content";
  readonly name: string;
  /** `repository@digest`; undefined where the release has none. */
  readonly before?: string;
  readonly after?: string;
}

/** What a release consists of that another does not: charts, images and content by their digests. */
export function artifactChanges(before: ReleaseManifest | undefined, after: ReleaseManifest): ChangedArtifact[] {
  const [old, now] = [artifactsOf(before), artifactsOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((key) => {
    const [was, is] = [old.get(key), now.get(key)];
    if (was === is) return [];
    const [kind, name] = key.split(" ") as [ChangedArtifact["kind"], string];
    return [{ kind, name, ...(was === undefined ? {} : { before: was }), ...(is === undefined ? {} : { after: is }) }];
  });
}

function artifactsOf(manifest: ReleaseManifest | undefined): ReadonlyMap<string, string> {
  if (manifest === undefined) return new Map();
  const { chart, images, content, module } = manifest;
  const named = (kind: string, parts: Readonly<Record<string, { repository: string; digest: string }>>) =>
    Object.entries(parts).map(([name, { repository, digest }]): [string, string] => [
      `${kind} ${name}`,
      `${repository}@${digest}`,
    ]);
  return new Map([
    ...named("chart", chart === undefined ? {} : { [module]: chart }),
    ...named("image", images),
    ...named("content", content),
  ]);
}
