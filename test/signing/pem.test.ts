import { generateKeyPairSync } from "node:crypto";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InputError } from "../../release/errors.ts";
import { keyRing } from "../../release/signing/key-ring.ts";
import { verifyBundle } from "../../release/signing/verify.ts";
import { loadPemSigner, newKeyPair, pemSigner, savePrivateKey } from "../../signing/pem.ts";
import { signStatement } from "../../signing/sign.ts";
import { NOW, STATEMENT, trusted } from "./keys.ts";

const PASSPHRASE = "correct horse battery";
const pair = newKeyPair(PASSPHRASE);
const plain = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const plainPem = plain.export({ type: "pkcs8", format: "pem" }).toString();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "imprimatur-pem-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function keyFile(name: string, pem: string, mode = 0o600): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, pem);
  await chmod(path, mode);
  return path;
}

describe("newKeyPair", () => {
  it("encrypts the private half", () => {
    expect(pair.privateKeyPem).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    expect(pair.publicKeyPem).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
  });

  it("signs what its public half verifies", async () => {
    const signer = pemSigner(pair.privateKeyPem, { passphrase: PASSPHRASE });
    expect(signer.publicKeyPem).toBe(pair.publicKeyPem);
    const bytes = await signStatement(STATEMENT, signer);
    const ring = keyRing([trusted("ann", { pem: pair.publicKeyPem })]);
    expect(verifyBundle(bytes, ring, { now: NOW }).signer.person).toBe("ann");
  });

  it.each(["", "eleven char", "🔑".repeat(11)])("refuses the short passphrase %j", (passphrase) => {
    expect(() => newKeyPair(passphrase)).toThrow("passphrase: must have at least 12 characters");
  });
});

describe.skipIf(process.platform === "win32")("savePrivateKey and loadPemSigner (modes: not on Windows)", () => {
  it("keep the file to its owner", async () => {
    const path = join(folder, "ann.pem");
    await savePrivateKey(path, pair.privateKeyPem);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await loadPemSigner(path, { passphrase: PASSPHRASE })).publicKeyPem).toBe(pair.publicKeyPem);
  });

  it("overwrite no key", async () => {
    const path = await keyFile("kept.pem", "the only copy");
    await expect(savePrivateKey(path, pair.privateKeyPem)).rejects.toMatchObject({ code: "EEXIST" });
    expect(await readFile(path, "utf8")).toBe("the only copy");
  });

  it.each([0o604, 0o640, 0o602, 0o644, 0o660])("refuse mode %o", async (mode) => {
    const path = await keyFile(`open-${mode}.pem`, pair.privateKeyPem, mode);
    const shown = mode.toString(8).padStart(4, "0");
    await expect(loadPemSigner(path, { passphrase: PASSPHRASE })).rejects.toThrow(
      `${path}: is open to others: run chmod 600 on it (got "${shown}")`,
    );
  });

  it("refuse a missing file, a folder and a large file", async () => {
    await expect(loadPemSigner(join(folder, "none.pem"))).rejects.toThrow(/can't be read \(ENOENT\)$/);
    const large = await keyFile("large.pem", "x".repeat(64 * 1024 + 1));
    await expect(loadPemSigner(large)).rejects.toThrow(/is too large for a private key$/);
    await expect(loadPemSigner(folder)).rejects.toThrow(`${folder}: is not a file`);
  });
});

describe("pemSigner", () => {
  it("takes a key that is not encrypted only when told so", async () => {
    expect(() => pemSigner(plainPem)).toThrow("is not encrypted: whoever reads the file could sign");
    const signer = pemSigner(plainPem, { allowUnencrypted: true });
    await expect(signStatement(STATEMENT, signer)).resolves.toBeInstanceOf(Uint8Array);
  });

  const sec1 = plain.export({ type: "sec1", format: "pem" }).toString();
  const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey.export({ type: "pkcs8", format: "pem" });
  const cosign = `-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n${"A".repeat(64)}\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n`;
  it.each([
    ["no passphrase", pair.privateKeyPem, {}, "needs its passphrase"],
    ["a wrong passphrase", pair.privateKeyPem, { passphrase: "wrong horse battery" }, /^k.pem: can't be decrypted/],
    ["an empty passphrase", pair.privateKeyPem, { passphrase: "" }, /^k.pem: can't be decrypted/],
    ["a damaged key", pair.privateKeyPem.replace("MI", "MJ"), { passphrase: PASSPHRASE }, /^k.pem: can't be decrypted/],
    ["a damaged plain key", plainPem.replace("MI", "MJ"), { allowUnencrypted: true }, "is damaged"],
    ["a public key", pair.publicKeyPem, {}, "is not a PKCS#8 private key in PEM"],
    ["a SEC 1 key", sec1, { allowUnencrypted: true }, "is not a PKCS#8 private key in PEM"],
    ["cosign's own format", cosign, {}, /^k.pem: is in cosign's own format/],
    [
      "another curve",
      p384.toString(),
      { allowUnencrypted: true },
      /^k.pem: must be an ECDSA P-256, Ed25519 or RSA key/,
    ],
  ])("refuses %s, and names the file", (_, pem, options, message) => {
    const load = () => pemSigner(pem, options, "k.pem");
    expect(load).toThrow(InputError);
    expect(load).toThrow(typeof message === "string" ? `k.pem: ${message}` : message);
  });
});
