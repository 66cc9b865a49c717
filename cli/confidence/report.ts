import { z } from "zod";
import { Digest, Instant, Name } from "../../release/schema/common.ts";

/** How sure it is that a release meets what its module promises (`schemas/confidence.json`). */
export const ConfidenceReport = z
  .strictObject({
    module: Name,
    version: z.string(),
    manifestDigest: Digest,
    stack: Name,
    /** When it ran there, by the ledger. */
    intervals: z.array(z.strictObject({ from: Instant, to: Instant })),
    /** In percent: that of the weakest objective. */
    confidence: z.number(),
    slos: z.array(
      z.strictObject({
        name: Name,
        objective: z.number(),
        good: z.number(),
        total: z.number(),
        /** In percent. */
        confidence: z.number(),
        /** Whether the measured share is at least the objective. */
        met: z.boolean(),
      }),
    ),
    /** Where the signed evidence was written. */
    written: z.array(z.string()),
  })
  .meta({ title: "Imprimatur release confidence" });
export type ConfidenceReport = z.infer<typeof ConfidenceReport>;
