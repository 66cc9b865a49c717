import { z } from "zod";
import { Digest } from "../release/schema/common.ts";
import { quoted, RegistryError } from "./failure.ts";

/** What a manifest in a registry is: an image (for several platforms where it is an index), or a Helm chart. */
export type ManifestKind = "index" | "image" | "chart";

/** Media type of a list of manifests. */
export const INDEX = "application/vnd.oci.image.index.v1+json";
/** Manifests of several platforms: kept as they are, so that every platform stays bound by one digest. */
const INDEXES = [INDEX, "application/vnd.docker.distribution.manifest.list.v2+json"];
const MANIFESTS = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];
const HELM_CONFIG = "application/vnd.cncf.helm.config.v1+json";

/** What is asked for. Without it a registry may convert an index to one platform's manifest. */
export const ACCEPT = [...INDEXES, ...MANIFESTS].join(", ");

const Body = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  config: z.object({ mediaType: z.string() }).optional(),
  manifests: z.array(z.unknown()).optional(),
});

/**
 * What kind of manifest a registry has answered with.
 * @throws RegistryError where it is none, or header and body disagree on it
 */
export function kindOf(contentType: string | null, bytes: Uint8Array): ManifestKind {
  const type = (contentType ?? "").split(";")[0]?.trim() ?? "";
  if (![...INDEXES, ...MANIFESTS].includes(type)) {
    throw new RegistryError(`is of media type ${quoted(type)}, which is neither an image, an index nor a chart`);
  }
  const { mediaType, config, manifests } = parseBody(bytes);
  if (mediaType !== undefined && mediaType !== type) {
    throw new RegistryError(`is of media type ${quoted(type)} by its header and ${quoted(mediaType)} by its text`);
  }
  if (INDEXES.includes(type)) {
    if (manifests === undefined || config !== undefined) throw new RegistryError("is an index with no manifests in it");
    return "index";
  }
  if (config === undefined || manifests !== undefined) throw new RegistryError("is a manifest with no configuration");
  return config.mediaType === HELM_CONFIG ? "chart" : "image";
}

function parseBody(bytes: Uint8Array): z.infer<typeof Body> {
  try {
    return Body.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
  } catch (error) {
    throw new RegistryError("is not a manifest that can be read", { cause: error });
  }
}

/** What an index says of a manifest that it lists; whatever else it says of it is kept. */
export type Descriptor = z.infer<typeof Descriptor>;
const Descriptor = z.looseObject({ mediaType: z.string(), digest: Digest, size: z.int().nonnegative() });
const Index = z.object({ manifests: z.array(Descriptor) });

/** The manifests that an index lists. @throws RegistryError where it is no index */
export function descriptorsIn(bytes: Uint8Array): readonly Descriptor[] {
  try {
    return Index.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes))).manifests;
  } catch (error) {
    throw new RegistryError("is not an index that can be read", { cause: error });
  }
}
