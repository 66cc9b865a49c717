import { createHash, createPublicKey, type KeyObject } from "node:crypto";

/** One PEM block of a public key and nothing else: `createPublicKey` would also take a private key or a certificate. */
const PUBLIC_KEY_BLOCK = /^-----BEGIN PUBLIC KEY-----\n[A-Za-z0-9+/=\n]+-----END PUBLIC KEY-----\n*$/;

/** Below this an RSA key is held to be within reach of an attacker (NIST SP 800-57, part 1). */
const MIN_RSA_BITS = 2048;

/**
 * Reads a public key in PEM: ECDSA P-256, Ed25519 or RSA, the kinds that cosign and the sigstore libraries both verify.
 * @throws Error with a plain message where it is anything else
 */
export function parsePublicKey(pem: string): KeyObject {
  if (!PUBLIC_KEY_BLOCK.test(pem)) {
    throw new Error('must be one PEM block that begins with "-----BEGIN PUBLIC KEY-----"');
  }
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch (error) {
    throw new Error("is not a readable public key", { cause: error });
  }
  const details = key.asymmetricKeyDetails;
  const supported =
    (key.asymmetricKeyType === "ec" && details?.namedCurve === "prime256v1") ||
    key.asymmetricKeyType === "ed25519" ||
    (key.asymmetricKeyType === "rsa" && (details?.modulusLength ?? 0) >= MIN_RSA_BITS);
  if (!supported) throw new Error(`must be an ECDSA P-256, Ed25519 or RSA key of at least ${MIN_RSA_BITS} bits`);
  return key;
}

/**
 * How a bundle names a plain key: the base64 of the SHA-256 of its DER form (SubjectPublicKeyInfo).
 * This is what cosign writes as `verificationMaterial.publicKey.hint`.
 */
export function keyHint(key: KeyObject): string {
  return createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("base64");
}
