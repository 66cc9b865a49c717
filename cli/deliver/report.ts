import { z } from "zod";

/** What became of one artifact of a release in the registry of an environment. */
export const DeliveredArtifact = z.strictObject({
  kind: z.enum(["image", "chart"]),
  /** What the release manifest calls it; the module's name for a chart. */
  name: z.string(),
  /** Where it came from: a repository, `oci:<directory>`, `docker-daemon:` or the URL of a chart repository. */
  from: z.string(),
  /** Registry host and path that it is in now. */
  repository: z.string(),
  /** Digest of the image index or chart manifest, checked in the registry afterwards. */
  digest: z.string(),
  /** Tags that name it there. */
  tags: z.array(z.string()),
  /** `copied`; `tagged` where only a tag was missing; `present` where nothing was; `planned` with `--dry-run`. */
  state: z.enum(["copied", "tagged", "present", "planned"]),
  /** Manifests of an index, one for each platform or attestation; 1 where it is no index. */
  manifests: z.int().optional(),
  /** Signatures, attestations and other manifests that refer to it, by tag or digest. */
  referrers: z.array(z.strictObject({ reference: z.string(), state: z.enum(["copied", "present", "kept"]) })),
});
export type DeliveredArtifact = z.infer<typeof DeliveredArtifact>;
