import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, expect, it } from "vitest";
import { InputError } from "../../../release/errors.ts";
import { keyRing } from "../../../release/signing/key-ring.ts";
import { keyHint, parsePublicKey } from "../../../release/signing/public-key.ts";
import { TrustKey } from "../../../release/signing/trust-keys.ts";
import { newKey, trusted } from "../../signing/keys.ts";

const FROM = "2026-01-01T00:00:00Z";
const pem = newKey().publicKeyPem;
const keyless = { issuer: "https://token.lab.test", identity: "lead@team.test" };

/** `path: message` of every complaint. */
function complaints(key: object): string[] {
  const result = TrustKey.safeParse(key);
  return result.success ? [] : result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
}

function pemOf(publicKey: KeyObject): string {
  return publicKey.export({ type: "spki", format: "pem" }).toString();
}

describe("TrustKey", () => {
  it.each([
    ["a plain key", { pem, from: FROM }],
    ["an Ed25519 key", { pem: newKey("ed25519").publicKeyPem, from: FROM }],
    ["an RSA key", { pem: newKey("rsa").publicKeyPem, from: FROM }],
    ["a key in KMS by alias", { kms: "awskms:///alias/release", pem, from: FROM }],
    ["a key in KMS by ARN", { kms: "awskms://kms.lab.test/arn:aws:kms:eu-west-1:123456789012:key/x", pem, from: FROM }],
    ["an identity", { keyless, from: FROM, until: "2027-01-01T00:00:00+05:30" }],
    ["a revoked key", { pem, from: FROM, revoked: { at: "2026-03-01T00:00:00Z", reason: "laptop lost" } }],
  ])("takes %s", (_, key) => {
    expect(TrustKey.parse(key)).toEqual(key);
  });

  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const noBlock = 'pem: must be one PEM block that begins with "-----BEGIN PUBLIC KEY-----"';
  const noKind = "pem: must be an ECDSA P-256, Ed25519 or RSA key of at least 2048 bits";
  it.each([
    ["neither key nor identity", {}, "pem: is missing: a key has a pem (with kms or without) or is keyless"],
    ["KMS without the public half", { kms: "awskms:///alias/x" }, /^pem: is missing/],
    ["both key and identity", { pem, keyless }, "keyless: is a key of its own: it goes with neither pem nor kms"],
    ["another KMS", { pem, kms: "gcpkms://x" }, "kms: must be awskms:///<key> or awskms://<endpoint>/<key>"],
    ["a private key", { pem: pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString() }, noBlock],
    ["two keys in one", { pem: pem + pem }, noBlock],
    ["no PEM", { pem: "ssh-ed25519 AAAA" }, noBlock],
    ["damaged PEM", { pem: pem.replace(/MFk/, "MFo") }, "pem: is not a readable public key"],
    ["P-384", { pem: pemOf(generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey) }, noKind],
    ["a short RSA key", { pem: pemOf(generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey) }, noKind],
    ["a key that can't sign", { pem: pemOf(generateKeyPairSync("x25519").publicKey) }, noKind],
    ["an end before its start", { pem, until: "2025-12-31T23:59:59Z" }, "until: must be later than from"],
    ["a date without time", { pem, until: "2027-01-01" }, "until: Invalid ISO datetime"],
    ["a misspelt field", { pem, untill: "2027-01-01T00:00:00Z" }, ': Unrecognized key: "untill"'],
    ["an identity with a space", { keyless: { ...keyless, identity: "a b" } }, "keyless.identity: must be one word"],
    ["an issuer that is no URL", { keyless: { ...keyless, issuer: "lab" } }, "keyless.issuer: must be a URL"],
  ])("refuses %s", (_, key, complaint) => {
    expect(complaints({ from: FROM, ...key })).toEqual([
      typeof complaint === "string" ? complaint : expect.stringMatching(complaint),
    ]);
  });
});

describe("keyHint", () => {
  it("is the base64 of the SHA-256 of the DER form, as cosign writes it", () => {
    // The expected value comes from: openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | base64
    const known = [
      "-----BEGIN PUBLIC KEY-----",
      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt",
      "6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==",
      "-----END PUBLIC KEY-----",
      "",
    ].join("\n");
    expect(keyHint(parsePublicKey(known))).toBe("XNJS+wzokyQ2+vjM0QQJgbie5K1rn+niorfnGqyyfNM=");
  });
});

describe("keyRing", () => {
  it.each([
    ["a key of two people", trusted("ann", { pem }), trusted("bob", { pem }), "for ann and for bob"],
    ["a key twice of one", trusted("ann", { pem }), trusted("ann", { pem }), "twice for ann"],
    ["an identity of two people", trusted("ann", { keyless }), trusted("bob", { keyless }), "for ann and for bob"],
  ])("refuses %s, and names the file", (_, first, second, owners) => {
    expect(() => keyRing([first, second])).toThrow(InputError);
    expect(() => keyRing([first, second])).toThrow(
      new RegExp(`^catalog/trust/people.yaml: the same key is listed ${owners} `),
    );
  });

  const mediaType = '"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"';
  it.each(["", "{", "[]", "null", "{}", `{${mediaType},"tlogs":[{}]}`, `{${mediaType},"certificateAuthorities":[{}]}`])(
    "refuses %j as a trusted root, and names the file",
    (text) => {
      const root = { file: "catalog/trust/trusted_root.json", bytes: Buffer.from(text) };
      expect(() => keyRing([], root)).toThrow("catalog/trust/trusted_root.json: is not a sigstore trusted root");
    },
  );
});
