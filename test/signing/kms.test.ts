import { createHash, verify } from "node:crypto";
import type { CreateKeyCommandInput } from "@aws-sdk/client-kms";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InputError } from "../../release/errors.ts";
import { keyRing } from "../../release/signing/key-ring.ts";
import { verifyBundle } from "../../release/signing/verify.ts";
import { kmsSigner, parseKmsUri } from "../../signing/kms.ts";
import { signStatement } from "../../signing/sign.ts";
import { Moto, noMoto } from "../e2e/moto.ts";
import { NOW, STATEMENT, trusted } from "./keys.ts";

const KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab";
const ARN = `arn:aws:kms:eu-west-1:123456789012:key/${KEY_ID}`;

describe("parseKmsUri", () => {
  it.each([
    ["awskms:///alias/release", { keyId: "alias/release" }],
    [`awskms:///${KEY_ID}`, { keyId: KEY_ID }],
    ["awskms:///mrk-1234abcd12ab34cd56ef1234567890ab", { keyId: "mrk-1234abcd12ab34cd56ef1234567890ab" }],
    [`awskms:///${ARN}`, { keyId: ARN, region: "eu-west-1" }],
    [
      "awskms:///arn:aws-us-gov:kms:us-gov-west-1:123456789012:alias/a/b",
      expect.objectContaining({ region: "us-gov-west-1" }),
    ],
    [`awskms://kms.lab.test:4566/${ARN}`, { keyId: ARN, region: "eu-west-1", endpoint: "kms.lab.test:4566" }],
  ])("reads %s", (uri, key) => {
    expect(parseKmsUri(uri)).toEqual(key);
  });

  it.each([
    "",
    "alias/release",
    "gcpkms:///alias/release",
    "awskms://alias",
    "awskms:///",
    "awskms:///release",
    "awskms:///alias/",
    "awskms:///arn:aws:s3:eu-west-1:123456789012:key/x",
    "awskms:///alias/two words",
  ])("refuses %j", (uri) => {
    expect(() => parseKmsUri(uri)).toThrow(InputError);
  });
});

type Kind = "sign" | "p384" | "secp256k1" | "encrypt";

const skipped = noMoto === undefined ? "" : ` (skipped: ${noMoto})`;

describe.skipIf(noMoto !== undefined)(`kmsSigner${skipped}`, { timeout: 60_000 }, () => {
  const saved = { ...process.env };
  let moto: Moto;
  let keys: Record<Kind, string>;

  beforeAll(async () => {
    moto = await Moto.start();
    Object.assign(process.env, { ...moto.credentials, AWS_ENDPOINT_URL_KMS: moto.url });
    keys = await createKeys();
  }, 60_000);

  afterAll(async () => {
    process.env = saved;
    await moto?.stop();
  });

  it("signs a bundle that verifies with the public half", async () => {
    const signer = await kmsSigner("awskms:///alias/release");
    const bytes = await signStatement(STATEMENT, signer);
    const ring = keyRing([trusted("robot", { kms: "awskms:///alias/release", pem: signer.publicKeyPem })]);
    expect(verifyBundle(bytes, ring, { now: NOW }).signer.person).toBe("robot");
  });

  it("finds the same key by id, alias and ARN", async () => {
    const uris = [keys.sign, "alias/release", `arn:aws:kms:eu-west-1:123456789012:key/${keys.sign}`];
    const found = await Promise.all(uris.map((uri) => kmsSigner(`awskms:///${uri}`)));
    expect(new Set(found.map(({ publicKeyPem }) => publicKeyPem)).size).toBe(1);
  });

  it("signs the SHA-256 of what is longer than KMS takes", async () => {
    const signer = await kmsSigner("awskms:///alias/release");
    const longest = Buffer.alloc(4096, "x");
    expect(verify("sha256", longest, signer.publicKeyPem, await signer.sign(longest))).toBe(true);

    const longer = Buffer.alloc(4097, "x");
    const signature = await signer.sign(longer);
    // moto up to 5.2.5 hashes a DIGEST once more (getmoto/moto#10202), which still proves what we sent.
    const hashed = createHash("sha256").update(longer).digest();
    const signed = [longer, hashed].filter((message) => verify("sha256", message, signer.publicKeyPem, signature));
    expect(signed).toHaveLength(1);
  });

  it.each(["p384", "secp256k1", "encrypt"] as const)("refuses a key of another kind: %s", async (kind) => {
    await expect(kmsSigner(`awskms:///${keys[kind]}`)).rejects.toThrow(
      `key: must be a KMS key of spec ECC_NIST_P256 for signing (got "awskms:///${keys[kind]}")`,
    );
  });

  it("says what AWS says of a key that does not exist", async () => {
    await expect(kmsSigner("awskms:///alias/none")).rejects.toMatchObject({ name: "NotFoundException" });
  });
});

async function createKeys(): Promise<Record<Kind, string>> {
  const { CreateAliasCommand, CreateKeyCommand, KMSClient } = await import("@aws-sdk/client-kms");
  const client = new KMSClient({});
  const create = async (input: CreateKeyCommandInput) =>
    (await client.send(new CreateKeyCommand(input))).KeyMetadata?.KeyId ?? "";
  const made = {
    sign: await create({ KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" }),
    secp256k1: await create({ KeySpec: "ECC_SECG_P256K1", KeyUsage: "SIGN_VERIFY" }),
    p384: await create({ KeySpec: "ECC_NIST_P384", KeyUsage: "SIGN_VERIFY" }),
    encrypt: await create({ KeySpec: "RSA_2048", KeyUsage: "ENCRYPT_DECRYPT" }),
  };
  await client.send(new CreateAliasCommand({ AliasName: "alias/release", TargetKeyId: made.sign }));
  return made;
}
