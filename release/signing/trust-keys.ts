import { z } from "zod";
import { Instant } from "../schema/common.ts";
import { parsePublicKey } from "./public-key.ts";

const PublicKeyPem = z
  .string()
  .superRefine((pem, context) => {
    try {
      parsePublicKey(pem);
    } catch (error) {
      context.addIssue({ code: "custom", message: (error as Error).message });
    }
  })
  .describe("Public key: a PEM block, ECDSA P-256, Ed25519 or RSA");

// Neither may hold white space: they are joined by a space where one text has to name both.
const Keyless = z.strictObject({
  issuer: z
    .string()
    .regex(/^https?:\/\/\S+$/, "must be a URL")
    .describe("Exact OIDC issuer in the certificate"),
  identity: z
    .string()
    .regex(/^\S+$/, "must be one word")
    .describe("Exact identity in the certificate: a workflow's URI or an e-mail address"),
});

/**
 * One key of a person in `catalog/trust`: a plain key (`pem`), a key in AWS KMS (`kms`, with its public half in `pem`),
 * or an identity that Fulcio certifies (`keyless`), with the time in which it is trusted.
 */
export const TrustKey = z
  .strictObject({
    pem: PublicKeyPem.optional(),
    kms: z
      .string()
      .regex(/^awskms:\/\/[^/\s]*\/\S+$/, "must be awskms:///<key> or awskms://<endpoint>/<key>")
      .optional()
      .describe("Key in AWS KMS, as cosign writes it; used for signing only"),
    keyless: Keyless.optional(),
    from: Instant.describe("Trusted from this instant on"),
    until: Instant.optional().describe("No longer trusted at this instant"),
    revoked: z
      .strictObject({ at: Instant, reason: z.string().min(1) })
      .optional()
      .describe("Voids all that it signed, except what is proven to be older than `at`"),
  })
  .superRefine((key, context) => {
    const fail = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
    if (key.keyless !== undefined && (key.pem !== undefined || key.kms !== undefined)) {
      fail("keyless", "is a key of its own: it goes with neither pem nor kms");
    }
    if (key.keyless === undefined && key.pem === undefined) {
      fail("pem", "is missing: a key has a pem (with kms or without) or is keyless");
    }
    if (key.until !== undefined && Date.parse(key.until) <= Date.parse(key.from))
      fail("until", "must be later than from");
  });
export type TrustKey = z.infer<typeof TrustKey>;
