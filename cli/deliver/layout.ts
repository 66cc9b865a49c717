import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import type { FoundManifest } from "../../registry/client.ts";
import { type Descriptor, descriptorsIn, kindOf } from "../../registry/manifest.ts";
import { refuseInput } from "../../release/errors.ts";
import { sha256 } from "../../release/json.ts";

const REF_NAME = "org.opencontainers.image.ref.name";

/** The parts of a manifest that make it refer to another. */
const Referring = z.object({
  mediaType: z.string().optional(),
  subject: z.object({ digest: z.string() }).optional(),
  artifactType: z.string().optional(),
  config: z.object({ mediaType: z.string() }).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

/** An OCI image layout: a directory with `oci-layout`, `index.json` and `blobs/sha256/`. */
export class Layout {
  readonly directory: string;
  readonly #index: readonly Descriptor[];

  /** @throws InputError where the directory is none */
  constructor(directory: string) {
    this.directory = resolve(directory);
    this.#index = readIndex(directory);
  }

  /** A manifest by digest, or by the name that the index gives it; undefined where there is none. */
  find(wanted: { readonly tag: string } | { readonly digest: string }): FoundManifest | undefined {
    const digest =
      "digest" in wanted
        ? wanted.digest
        : this.#index.find(({ annotations }) => refName(annotations) === wanted.tag)?.digest;
    const bytes = digest === undefined ? undefined : this.#blob(digest);
    if (digest === undefined || bytes === undefined) return undefined;
    const actual = `sha256:${sha256(bytes)}`;
    if (actual !== digest) {
      const message = `its bytes have the digest ${actual}, so it is damaged`;
      return refuseInput({ file: `oci:${this.directory}`, path: digest, message });
    }
    const mediaType = this.#mediaType(digest, bytes);
    return { digest, mediaType, bytes, kind: kindOf(mediaType, bytes) };
  }

  /** The manifests of the index that refer to another. */
  referrers(digest: string): readonly Descriptor[] {
    return this.#index.flatMap((descriptor) => {
      const bytes = this.#blob(descriptor.digest);
      const parsed = bytes && Referring.safeParse(parseJson(bytes)).data;
      if (bytes === undefined || parsed?.subject?.digest !== digest) return [];
      const { artifactType = parsed.config?.mediaType, annotations } = parsed;
      const { mediaType } = descriptor;
      return [{ mediaType, digest: descriptor.digest, size: bytes.length, artifactType, annotations }];
    });
  }

  /**
   * A layout that has one manifest of this one in its index and the same blobs, in a directory below `parent`: tools take
   * one manifest by digest out of a layout in different ways, or not at all.
   */
  only({ digest, mediaType, bytes }: FoundManifest, parent: string): string {
    const view = join(parent, `only-${digest.slice("sha256:".length)}`);
    mkdirSync(view, { recursive: true });
    const manifests = [{ mediaType, digest, size: bytes.length }];
    writeFileSync(join(view, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
    writeFileSync(join(view, "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
    if (statSync(join(view, "blobs"), { throwIfNoEntry: false }) === undefined) {
      symlinkSync(join(this.directory, "blobs"), join(view, "blobs"));
    }
    return view;
  }

  #blob(digest: string): Buffer | undefined {
    try {
      return readFileSync(join(this.directory, "blobs", "sha256", digest.slice("sha256:".length)));
    } catch {
      return undefined;
    }
  }

  #mediaType(digest: string, bytes: Uint8Array): string {
    const listed = this.#index.find((descriptor) => descriptor.digest === digest)?.mediaType;
    return listed ?? Referring.safeParse(parseJson(bytes)).data?.mediaType ?? "application/vnd.oci.image.index.v1+json";
  }
}

function readIndex(directory: string): readonly Descriptor[] {
  try {
    return descriptorsIn(readFileSync(join(directory, "index.json")));
  } catch (error) {
    const message = `is no OCI image layout: ${error instanceof Error ? error.message : String(error)}`;
    return refuseInput({ file: `oci:${directory}`, path: "index.json", message });
  }
}

function refName(annotations: unknown): unknown {
  return z.record(z.string(), z.unknown()).safeParse(annotations).data?.[REF_NAME];
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}
