import { verify } from "node:crypto";
import { BUNDLE_V03_MEDIA_TYPE } from "@sigstore/bundle";
import { canonicalJson } from "../release/json.ts";
import { preAuthEncoding } from "../release/signing/envelope.ts";
import { keyHint, parsePublicKey } from "../release/signing/public-key.ts";
import { STATEMENT_PAYLOAD_TYPE, type Statement } from "../release/signing/statement.ts";

/** Whatever holds a private key and signs with it: a PEM file, a KMS. */
export interface Signer {
  /** The public half, a PEM block. */
  readonly publicKeyPem: string;
  /** Signs the bytes as they are: hashing (SHA-256 for ECDSA and RSA) is the signer's part. ECDSA signatures are in DER. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/**
 * Signs a statement with a plain key and returns the bundle file's bytes: a DSSE envelope in a sigstore bundle v0.3,
 * written as RFC 8785 JSON and a final newline.
 * @throws Error where the signer's signature is not that of its own public key: nothing is returned that nobody could verify
 */
export async function signStatement(statement: Statement, signer: Signer): Promise<Uint8Array> {
  const publicKey = parsePublicKey(signer.publicKeyPem);
  const payload = Buffer.from(canonicalJson(statement));
  const message = preAuthEncoding(payload);
  const signature = Buffer.from(await signer.sign(message));
  if (!verify(undefined, message, publicKey, signature)) {
    throw new Error("the signer's signature does not fit its public key");
  }
  return bundleBytes({
    mediaType: BUNDLE_V03_MEDIA_TYPE,
    verificationMaterial: { publicKey: { hint: keyHint(publicKey) } },
    dsseEnvelope: {
      payload: payload.toString("base64"),
      payloadType: STATEMENT_PAYLOAD_TYPE,
      // No keyid: cosign refuses a bundle whose envelope names its key a second time.
      signatures: [{ sig: signature.toString("base64") }],
    },
  });
}

/** How every bundle of ours is written. */
export function bundleBytes(json: unknown): Uint8Array {
  return Buffer.from(`${canonicalJson(json)}\n`);
}
