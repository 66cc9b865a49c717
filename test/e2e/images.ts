import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { sha256 } from "../../release/json.ts";
import type { Registry } from "./registries.ts";

const INDEX = "application/vnd.oci.image.index.v1+json";
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** Something with a manifest: an image, an index, a signature, a chart. */
export interface Built extends Descriptor {
  readonly bytes: Buffer;
  readonly blobs: readonly Buffer[];
  readonly parts: readonly Built[];
}

/** An image for one platform: a layer of random bytes, that no compression makes smaller. */
export function image(architecture: string, layerBytes: number): Built {
  const content = randomBytes(layerBytes);
  const layer = gzipSync(content, { level: 0 });
  const config = json({
    architecture,
    os: "linux",
    rootfs: { type: "layers", diff_ids: [`sha256:${sha256(content)}`] },
  });
  return manifest({
    config: describe("application/vnd.oci.image.config.v1+json", config),
    layers: [describe("application/vnd.oci.image.layer.v1.tar+gzip", layer)],
    blobs: [config, layer],
  });
}

/** An index of images for amd64 and arm64. */
export function multiPlatform(layerBytes: number): Built {
  const parts = ["amd64", "arm64"].map((architecture) => ({ architecture, built: image(architecture, layerBytes) }));
  const manifests = parts.map(({ architecture, built: { mediaType, digest, size } }) => {
    return { mediaType, digest, size, platform: { architecture, os: "linux" } };
  });
  const bytes = json({ schemaVersion: 2, mediaType: INDEX, manifests });
  return { ...describe(INDEX, bytes), bytes, blobs: [], parts: parts.map(({ built }) => built) };
}

/** A manifest that refers to another, such as an attestation; without a subject, as cosign's tags have it. */
export function referrer(text: string, subject?: Descriptor): Built {
  const [config, layer] = [Buffer.from("{}"), Buffer.from(text)];
  return manifest({
    ...(subject && { artifactType: "application/vnd.test.attestation", subject: plain(subject) }),
    config: describe("application/vnd.oci.image.config.v1+json", config),
    layers: [describe("application/vnd.dev.cosign.simplesigning.v1+json", layer)],
    blobs: [config, layer],
  });
}

/** An index that lists manifests, as the tag of referrers holds it. */
export function listOf(...parts: readonly Built[]): Built {
  const bytes = json({ schemaVersion: 2, mediaType: INDEX, manifests: parts.map(plain) });
  return { ...describe(INDEX, bytes), bytes, blobs: [], parts };
}

/** A Helm chart in its OCI form. */
export function chart(name: string, version: string, archive: Buffer): Built {
  const config = json({ apiVersion: "v2", name, version });
  return manifest({
    config: describe("application/vnd.cncf.helm.config.v1+json", config),
    layers: [describe("application/vnd.cncf.helm.chart.content.v1.tar+gzip", archive)],
    blobs: [config, archive],
  });
}

/** Pushes blobs, parts and manifest through the registry's API. */
export async function push(registry: Registry, path: string, built: Built, tag?: string): Promise<void> {
  for (const part of built.parts) await push(registry, path, part);
  for (const bytes of built.blobs) {
    const started = await registry.api("POST", `/v2/${path}/blobs/uploads/`);
    const location = new URL(String(started.headers.location), `https://${registry.host}`);
    location.searchParams.set("digest", `sha256:${sha256(bytes)}`);
    const content = { type: "application/octet-stream", bytes };
    const { status } = await registry.api("PUT", `${location.pathname}${location.search}`, content);
    if (status !== 201) throw new Error(`a blob for ${path} was not taken: ${status}`);
  }
  const content = { type: built.mediaType, bytes: built.bytes };
  const { status } = await registry.api("PUT", `/v2/${path}/manifests/${tag ?? built.digest}`, content);
  if (status !== 201) throw new Error(`the manifest for ${path} was not taken: ${status}`);
}

/** Digest under a reference, with the digest of its bytes; undefined where there is none. */
export async function digestAt(registry: Registry, path: string, reference: string): Promise<string | undefined> {
  const { status, body } = await registry.api("GET", `/v2/${path}/manifests/${reference}`);
  return status === 200 ? `sha256:${sha256(body)}` : undefined;
}

/** Writes an OCI image layout that holds all of these. */
export function writeLayout(directory: string, ...images: readonly Built[]): void {
  const folder = join(directory, "blobs/sha256");
  mkdirSync(folder, { recursive: true });
  const write = ({ bytes, blobs, parts }: Built): void => {
    for (const blob of [bytes, ...blobs]) writeFileSync(join(folder, sha256(blob)), blob);
    parts.forEach(write);
  };
  images.forEach(write);
  writeFileSync(join(directory, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  writeFileSync(join(directory, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: images.map(plain) }));
}

function manifest({ blobs, ...rest }: { readonly blobs: readonly Buffer[]; readonly [key: string]: unknown }): Built {
  const bytes = json({ schemaVersion: 2, mediaType: MANIFEST, ...rest });
  return { ...describe(MANIFEST, bytes), bytes, blobs, parts: [] };
}

function describe(mediaType: string, bytes: Buffer): Descriptor {
  return { mediaType, digest: `sha256:${sha256(bytes)}`, size: bytes.length };
}

function plain({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
