import { createPrivateKey } from "node:crypto";

/** A secret where none may be. It is named by place and kind, never shown. */
export interface PrivateKeyFinding {
  readonly path: string;
  /** 1-based line; 1 in a binary file. */
  readonly line: number;
  /** What was found, such as `EC PRIVATE KEY` or `AWS secret access key`. */
  readonly kind: string;
}

/** A file that is about to be committed. */
export interface ScannedFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A DER private key is shorter than this, also an RSA one of 16,384 bits. */
const MAX_DER_BYTES = 16 * 1024;

/**
 * A PEM header of a private key (PKCS#1, PKCS#8, SEC 1, OpenSSH, PGP, cosign and sigstore; encrypted ones too), followed by
 * something that looks like key material: documentation may write the bare header.
 */
const PEM_BLOCK = /-----BEGIN ((?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?)-----[\s\S]{0,300}?[A-Za-z0-9+/]{40}/g;

/** Base64 of `-----BEGIN `, as Kubernetes Secrets and CI variables hold PEM. */
const ENCODED_PEM = /LS0tLS1CRUdJTi[A-Za-z0-9+/=]{60,}/g;

const OTHER_SECRETS: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ["AWS secret access key", /aws_?secret_?access_?key["']?\s*[:=]\s*["']?[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/gi],
  ["age secret key", /AGE-SECRET-KEY-1[0-9A-Z]{58}/g],
  ["private JSON Web Key", /"d"\s*:\s*"[A-Za-z0-9_-]{40,}"/g],
];

/** Every private key in the files, in their order. An empty list means that none was recognised. */
export function findPrivateKeys(files: Iterable<ScannedFile>): PrivateKeyFinding[] {
  return [...files].flatMap(({ path, bytes }) => {
    if (isPrivateKeyDer(bytes)) return [{ path, line: 1, kind: "PRIVATE KEY in DER" }];
    return scanText(textOf(bytes)).map((found) => ({ path, ...found }));
  });
}

/** One character per byte, so that no encoding hides ASCII text; without NUL, so that UTF-16 does not either. */
function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1").replaceAll("\0", "");
}

function scanText(text: string): { line: number; kind: string }[] {
  const found: { at: number; kind: string }[] = [];
  for (const match of text.matchAll(PEM_BLOCK)) found.push({ at: match.index, kind: match[1] ?? "PRIVATE KEY" });
  for (const match of text.matchAll(ENCODED_PEM)) {
    const [inner] = Buffer.from(match[0], "base64").toString("latin1").matchAll(PEM_BLOCK);
    if (inner !== undefined) found.push({ at: match.index, kind: `${inner[1]} in base64` });
  }
  for (const [kind, pattern] of OTHER_SECRETS) {
    for (const match of text.matchAll(pattern)) found.push({ at: match.index, kind });
  }
  return found
    .sort((a, b) => a.at - b.at)
    .map(({ at, kind }) => ({ line: text.slice(0, at).split("\n").length, kind }));
}

function isPrivateKeyDer(bytes: Uint8Array): boolean {
  // Every one of them is an ASN.1 SEQUENCE.
  if (bytes[0] !== 0x30 || bytes.byteLength > MAX_DER_BYTES) return false;
  return (["pkcs8", "sec1", "pkcs1"] as const).some((type) => {
    try {
      createPrivateKey({ key: Buffer.from(bytes), format: "der", type });
      return true;
    } catch (error) {
      // An encrypted PKCS#8 key is recognised, and can't be read without its passphrase.
      return (error as NodeJS.ErrnoException).code === "ERR_MISSING_PASSPHRASE";
    }
  });
}
