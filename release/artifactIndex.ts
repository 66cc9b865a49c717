import type { Files } from "./files.ts";

/** Which release manifests name a digest: by digest (`sha256:…`), the module and version of each. */
export type ArtifactIndex = ReadonlyMap<string, readonly { readonly module: string; readonly version: string }[]>;

const DIGEST = /sha256:[0-9a-f]{64}/g;

/**
 * Finds the digests in all release manifests below a folder. Manifests are not parsed for it: of thousands, the few that
 * matter are read and checked when they are asked for, and a malformed one refuses only what it concerns.
 */
export function artifactIndex(files: Files, folder: string): ArtifactIndex {
  const index = new Map<string, { module: string; version: string }[]>();
  const decoder = new TextDecoder();
  for (const module of files.list(folder)) {
    for (const name of files.list(`${folder}/${module}`)) {
      if (!name.endsWith(".json")) continue;
      const version = name.slice(0, -".json".length);
      const text = decoder.decode(files.read(`${folder}/${module}/${name}`));
      for (const digest of new Set(text.match(DIGEST))) {
        const places = index.get(digest) ?? [];
        places.push({ module, version });
        index.set(digest, places);
      }
    }
  }
  return index;
}
