import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { FoundManifest } from "../../registry/client.ts";
import { prettyJson, sha256 } from "../../release/json.ts";
import { parseBytes } from "../../release/parse.ts";
import { writeFileAtomically } from "../../store/write.ts";
import { Layout } from "../deliver/layout.ts";

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const CYCLONEDX = "application/vnd.cyclonedx+json";
/** What stands where a manifest needs a configuration and has none. Source: OCI image specification 1.1, manifest.md */
const EMPTY = { mediaType: "application/vnd.oci.empty.v1+json", bytes: Buffer.from("{}") };

const Index = z.looseObject({
  manifests: z.array(z.looseObject({ digest: z.string(), platform: z.looseObject({ os: z.string() }).optional() })),
});
const Manifest = z.looseObject({ config: z.looseObject({ digest: z.string() }) });
const Config = z.looseObject({ rootfs: z.looseObject({ diff_ids: z.array(z.string()) }) });

/**
 * Holds the image of a layout against the one that was loaded and will be tested.
 * @throws Error where their layers are not the same
 */
export function checkLayers(directory: string, loaded: readonly string[]): void {
  const image = imageOf(directory);
  const { manifests } = parseBytes(image.bytes, image.digest, Index);
  // Attestations stand beside the image as manifests of no platform.
  const [own] = manifests.filter(({ platform }) => platform?.os !== "unknown");
  const { config } = parseBytes(blob(directory, own?.digest ?? ""), own?.digest ?? "", Manifest);
  const { diff_ids: layers } = parseBytes(blob(directory, config.digest), config.digest, Config).rootfs;
  if (layers.join() !== loaded.join()) {
    throw new Error(`the image that was loaded has other layers than ${image.digest}, to which provenance is attached`);
  }
}

/**
 * Attaches an SBOM to the image of a layout, as a manifest that refers to it: it goes wherever the image is delivered.
 * @returns digest of the image, with what is attached inside of it
 */
export function attachSbom(directory: string, sbom: Uint8Array): string {
  const { digest, mediaType, bytes } = imageOf(directory);
  const manifest = Buffer.from(
    prettyJson({
      schemaVersion: 2,
      mediaType: MANIFEST,
      artifactType: CYCLONEDX,
      config: put(directory, EMPTY.mediaType, EMPTY.bytes),
      layers: [put(directory, CYCLONEDX, sbom)],
      subject: { mediaType, digest, size: bytes.length },
    }),
  );
  const path = join(directory, "index.json");
  const index = parseBytes(readFileSync(path), path, Index);
  const manifests = [...index.manifests, { ...put(directory, MANIFEST, manifest), artifactType: CYCLONEDX }];
  writeFileAtomically(path, prettyJson({ ...index, manifests }));
  return digest;
}

/** The image that a build has put into a layout: the first of its index. */
function imageOf(directory: string): FoundManifest {
  const path = join(directory, "index.json");
  const [first] = parseBytes(readFileSync(path), path, Index).manifests;
  const found = first && new Layout(directory).find({ digest: first.digest });
  if (found === undefined) throw new Error(`${directory} has no image in it`);
  return found;
}

function blobPath(directory: string, digest: string): string {
  return join(directory, "blobs", "sha256", digest.slice("sha256:".length));
}

function blob(directory: string, digest: string): Buffer {
  return readFileSync(blobPath(directory, digest));
}

/** Adds a blob. @returns its descriptor */
function put(directory: string, mediaType: string, bytes: Uint8Array) {
  const digest = `sha256:${sha256(bytes)}`;
  writeFileAtomically(blobPath(directory, digest), bytes);
  return { mediaType, digest, size: bytes.length };
}
