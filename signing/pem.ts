import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { open, writeFile } from "node:fs/promises";
import { refuseInput } from "../release/errors.ts";
import { parsePublicKey } from "../release/signing/public-key.ts";
import type { Signer } from "./sign.ts";

/**
 * Shortest passphrase, in characters. OpenSSL stretches it by 2,048 rounds of PBKDF2 only, so the strength has to be its own.
 */
const MIN_PASSPHRASE = 12;

/** Larger than any PEM file of one private key. */
const MAX_KEY_FILE_BYTES = 64 * 1024;

export interface KeyPair {
  /** PKCS#8, encrypted with AES-256-CBC (`BEGIN ENCRYPTED PRIVATE KEY`). */
  readonly privateKeyPem: string;
  readonly publicKeyPem: string;
}

export interface PemOptions {
  readonly passphrase?: string;
  /** Takes a key that is not encrypted: for tests, and for keys that are thrown away after use. */
  readonly allowUnencrypted?: boolean;
}

/** A new ECDSA P-256 key pair. @throws InputError where the passphrase is too short */
export function newKeyPair(passphrase: string): KeyPair {
  if ([...passphrase].length < MIN_PASSPHRASE) {
    refuseInput({ file: "passphrase", path: "", message: `must have at least ${MIN_PASSPHRASE} characters` });
  }
  const { privateKey, publicKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    privateKeyEncoding: { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  return { privateKeyPem: privateKey, publicKeyPem: publicKey };
}

/** Writes a private key that only its owner can read. @throws Error (EEXIST) where the file exists: no key is overwritten */
export async function savePrivateKey(path: string, privateKeyPem: string): Promise<void> {
  await writeFile(path, privateKeyPem, { mode: 0o600, flag: "wx" });
}

/**
 * Loads a private key from a file that nobody but its owner may read.
 * @throws InputError where the file is missing, too open, not encrypted, or the passphrase is wrong
 */
export async function loadPemSigner(path: string, options: PemOptions = {}): Promise<Signer> {
  return pemSigner(await readPrivateFile(path), options, path);
}

/** A signer from the text of a PEM file; `file` names it in messages. @throws InputError */
export function pemSigner(privateKeyPem: string, options: PemOptions = {}, file = "private key"): Signer {
  const key = readPrivateKey(privateKeyPem, options, file);
  const publicKeyPem = createPublicKey(key).export({ type: "spki", format: "pem" }).toString();
  try {
    parsePublicKey(publicKeyPem);
  } catch (error) {
    refuseInput({ file, path: "", message: (error as Error).message });
  }
  // An undefined algorithm is SHA-256 for ECDSA and RSA, and none for Ed25519, which hashes by itself.
  return { publicKeyPem, sign: async (bytes) => sign(undefined, bytes, key) };
}

function readPrivateKey(pem: string, { passphrase, allowUnencrypted }: PemOptions, file: string): KeyObject {
  if (/-----BEGIN ENCRYPTED (COSIGN|SIGSTORE) PRIVATE KEY-----/.test(pem)) {
    refuseInput({ file, path: "", message: "is in cosign's own format: sign with cosign, or make a PKCS#8 key" });
  }
  if (!/^-----BEGIN (ENCRYPTED )?PRIVATE KEY-----$/m.test(pem)) {
    refuseInput({ file, path: "", message: "is not a PKCS#8 private key in PEM" });
  }
  const encrypted = pem.includes("-----BEGIN ENCRYPTED PRIVATE KEY-----");
  if (!encrypted && allowUnencrypted !== true) {
    refuseInput({ file, path: "", message: "is not encrypted: whoever reads the file could sign" });
  }
  if (encrypted && passphrase === undefined) refuseInput({ file, path: "", message: "needs its passphrase" });
  try {
    return createPrivateKey({ key: pem, format: "pem", ...(encrypted && passphrase !== undefined && { passphrase }) });
  } catch {
    const message = encrypted ? "can't be decrypted: the passphrase is wrong or the file is damaged" : "is damaged";
    return refuseInput({ file, path: "", message });
  }
}

async function readPrivateFile(path: string): Promise<string> {
  // Mode and content are taken from one open file, so that it can't be exchanged in between.
  const handle = await open(path, "r").catch((error: NodeJS.ErrnoException) =>
    refuseInput({ file: path, path: "", message: `can't be read (${error.code})` }),
  );
  try {
    const stat = await handle.stat();
    const { mode, size } = stat;
    if (!stat.isFile()) refuseInput({ file: path, path: "", message: "is not a file" });
    // Windows has no such mode; there the folder's own permissions count.
    if (process.platform !== "win32" && (mode & 0o077) !== 0) {
      const shown = (mode & 0o777).toString(8).padStart(4, "0");
      refuseInput({ file: path, path: "", message: "is open to others: run chmod 600 on it", value: shown });
    }
    if (size > MAX_KEY_FILE_BYTES) refuseInput({ file: path, path: "", message: "is too large for a private key" });
    return await handle.readFile("utf8");
  } finally {
    await handle.close();
  }
}
