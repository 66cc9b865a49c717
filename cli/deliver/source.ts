import type { FoundManifest, RegistryClient } from "../../registry/client.ts";
import { type Descriptor, descriptorsIn, INDEX } from "../../registry/manifest.ts";
import type { Layout } from "./layout.ts";
import { retried } from "./retry.ts";
import type { CopySource } from "./tools.ts";

/** Where manifests can be read: a repository of a registry, or an OCI image layout. */
export interface ManifestSource {
  /** For people: a repository, or `oci:<directory>`. */
  readonly text: string;
  readonly find: (wanted: { readonly tag: string } | { readonly digest: string }) => Promise<FoundManifest | undefined>;
  /** What refers to a manifest, by the referrers API or, where there is none, by the tag that stands in for it. */
  readonly referrers: (digest: string) => Promise<readonly Descriptor[]>;
  /** What a tool copies one manifest from. */
  readonly copySource: (manifest: FoundManifest) => CopySource;
}

/** The tag under which a registry without the referrers API lists what refers to a manifest (OCI distribution 1.1). */
export function referrersTag(digest: string): string {
  return digest.replace(":", "-");
}

/** A repository of a registry. */
export function repositorySource(client: RegistryClient, repository: string): ManifestSource {
  const find: ManifestSource["find"] = (wanted) => retried(() => client.find({ repository, ...wanted }));
  return {
    text: repository,
    find,
    referrers: async (digest) => {
      const listed = await retried(() => client.referrers(repository, digest));
      if (listed !== undefined) return listed;
      const index = await find({ tag: referrersTag(digest) });
      return index?.mediaType === INDEX ? descriptorsIn(index.bytes) : [];
    },
    copySource: ({ digest }) => ({ repository, digest }),
  };
}

/** An OCI image layout. @param directory for what tools are given */
export function layoutSource(layout: Layout, text: string, directory: string): ManifestSource {
  return {
    text,
    find: async (wanted) => layout.find(wanted),
    referrers: async (digest) => layout.referrers(digest),
    copySource: (manifest) => ({ layout: layout.only(manifest, directory), digest: manifest.digest }),
  };
}

/** Digests of the manifests of an index; none where it is no index. */
export function partsOf(manifest: FoundManifest): readonly string[] {
  return manifest.kind === "index" ? descriptorsIn(manifest.bytes).map(({ digest }) => digest) : [];
}
