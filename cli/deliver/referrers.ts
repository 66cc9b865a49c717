import { z } from "zod";
import type { FoundManifest, RegistryClient } from "../../registry/client.ts";
import { type Descriptor, descriptorsIn, INDEX } from "../../registry/manifest.ts";
import type { DeliveredArtifact } from "./report.ts";
import { retried } from "./retry.ts";
import { type ManifestSource, partsOf, referrersTag, repositorySource } from "./source.ts";
import type { CopyTarget } from "./tools.ts";

type Referrer = DeliveredArtifact["referrers"][number];

/** Copies one manifest with everything below it. */
export type Copy = (source: ManifestSource, manifest: FoundManifest, target: CopyTarget) => Promise<void>;

/** How cosign's older form names what it attaches: a tag made of the digest. */
const COSIGN_SUFFIXES = [".sig", ".att", ".sbom"];

const Layers = z.object({ layers: z.array(z.unknown()) });

/**
 * Copies signatures, attestations and whatever else refers to a manifest, to any part of it, or to one of these: by the
 * OCI referrers API and the tag that stands in for it, and by cosign's tags.
 * @param repository the destination
 */
export async function copyReferrers(
  client: RegistryClient,
  source: ManifestSource,
  manifest: FoundManifest,
  repository: string,
  copy: Copy,
): Promise<readonly Referrer[]> {
  const destination = repositorySource(client, repository);
  const done: Referrer[] = [];
  const seen = new Set<string>();
  const visit = async (digests: readonly string[]): Promise<void> => {
    for (const digest of digests.filter((each) => !seen.has(each))) {
      seen.add(digest);
      for (const suffix of COSIGN_SUFFIXES) {
        const tag = `${referrersTag(digest)}${suffix}`;
        const found = await source.find({ tag });
        if (found === undefined) continue;
        done.push({ reference: tag, state: await copyTagged(source, destination, found, tag, repository, copy) });
        await visit([found.digest]);
      }
      const listed = await source.referrers(digest);
      for (const { digest: reference } of listed) {
        const found = await source.find({ digest: reference });
        if (found === undefined) continue;
        const isPresent = (await destination.find({ digest: reference })) !== undefined;
        if (!isPresent) await copy(source, found, { repository, reference: { digest: reference } });
        done.push({ reference, state: isPresent ? "present" : "copied" });
        await visit([reference, ...partsOf(found)]);
      }
      await listReferrers(client, repository, digest, listed);
    }
  };
  await visit([manifest.digest, ...partsOf(manifest)]);
  return done;
}

/** What a tag of cosign's names grows with each signature. One that has more already is kept: nothing signed is lost. */
async function copyTagged(
  source: ManifestSource,
  destination: ManifestSource,
  found: FoundManifest,
  tag: string,
  repository: string,
  copy: Copy,
): Promise<Referrer["state"]> {
  const there = await destination.find({ tag });
  if (there?.digest === found.digest) return "present";
  if (there !== undefined && !hasAll(found, there)) return "kept";
  await copy(source, found, { repository, reference: { tag } });
  return "copied";
}

function hasAll(more: FoundManifest, less: FoundManifest): boolean {
  const [all, some] = [more, less].map(
    ({ bytes }) => Layers.parse(JSON.parse(Buffer.from(bytes).toString("utf8"))).layers,
  );
  const known = new Set(all?.map((layer) => JSON.stringify(layer)));
  return some?.every((layer) => known.has(JSON.stringify(layer))) ?? false;
}

/** A registry without the referrers API finds them by a tag, whose list is kept by whoever pushes. Nothing is taken off it. */
async function listReferrers(
  client: RegistryClient,
  repository: string,
  digest: string,
  listed: readonly Descriptor[],
): Promise<void> {
  if (listed.length === 0 || (await retried(() => client.referrers(repository, digest))) !== undefined) return;
  const tag = referrersTag(digest);
  const there = await retried(() => client.find({ repository, tag }));
  const before = there?.mediaType === INDEX ? descriptorsIn(there.bytes) : [];
  const missing = listed.filter((each) => !before.some((known) => known.digest === each.digest));
  if (missing.length === 0) return;
  const index = { schemaVersion: 2, mediaType: INDEX, manifests: [...before, ...missing] };
  const bytes = new TextEncoder().encode(JSON.stringify(index));
  await retried(() => client.put(repository, tag, { mediaType: INDEX, bytes }));
}
