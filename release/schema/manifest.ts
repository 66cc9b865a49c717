import { z } from "zod";
import { Channel, Commit, Digest, Name, Repository } from "./common.ts";

const ImageArtifact = z.strictObject({
  repository: Repository,
  digest: Digest.describe("Digest of the image index (all platforms), as the registry gives it"),
});

const ChartArtifact = z.strictObject({
  repository: Repository,
  version: z.string().min(1).describe("The chart's own version"),
  digest: Digest.describe("Digest of the chart's OCI manifest"),
});

const ContentArtifact = z.strictObject({
  repository: z.string().min(1).describe("Repository that the content comes from"),
  commit: Commit,
  digest: Digest.describe("SHA-256 of the content itself"),
});

/**
 * `catalog/releases/<module>/<version>.json`: one immutable release.
 * Its manifest digest is the SHA-256 of the file's bytes.
 */
export const ReleaseManifest = z
  .strictObject({
    $schema: z.string().optional(),
    module: Name,
    version: z.string().min(1).max(128),
    channel: Channel,
    commit: Commit.describe("Source commit that it was built from"),
    appVersion: z.string().min(1),
    chart: ChartArtifact.optional(),
    images: z.record(Name, ImageArtifact).default({}),
    content: z.record(Name, ContentArtifact).default({}),
    freeze: z
      .strictObject({
        mission: z.string().describe("MISSION_VERSION"),
        common: z.string().describe("VERSION of the common infrastructure"),
        cal: z.string().describe("CAL_VERSION, the calibration software"),
        record: Digest.optional().describe("Digest of the freeze record"),
      })
      .optional(),
    acceptance: z.array(z.string().min(1)).default([]).describe("Acceptance criteria that were agreed beforehand"),
    example: z.boolean().default(false).describe("Digests are made up for the reference platform"),
  })
  .refine((manifest) => manifest.chart || Object.keys({ ...manifest.images, ...manifest.content }).length > 0, {
    message: "must have at least one artifact: a chart, an image or content",
  })
  .meta({ title: "Imprimatur release manifest" });
export type ReleaseManifest = z.infer<typeof ReleaseManifest>;

/** A release manifest together with the digest of the file that it was read from. */
export interface Release {
  readonly manifest: ReleaseManifest;
  readonly manifestDigest: string;
}
