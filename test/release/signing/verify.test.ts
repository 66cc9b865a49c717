import { describe, expect, it } from "vitest";
import { sha256 } from "../../../release/json.ts";
import { bundleFileDigest, MAX_BUNDLE_BYTES, preAuthEncoding } from "../../../release/signing/envelope.ts";
import { keyRing } from "../../../release/signing/key-ring.ts";
import { keyHint, parsePublicKey } from "../../../release/signing/public-key.ts";
import type { Statement } from "../../../release/signing/statement.ts";
import { verifyBundle } from "../../../release/signing/verify.ts";
import { signStatement } from "../../../signing/sign.ts";
import { bundleJson, bytesOf, type KeyKind, NOW, newKey, refusal, STATEMENT, trusted } from "../../signing/keys.ts";

const key = newKey();
const ann = trusted("ann", { pem: key.publicKeyPem });
const ring = keyRing([ann, trusted("bob", { pem: newKey().publicKeyPem })]);
const bundle = await signStatement(STATEMENT, key);

/** The bundle with something changed in its JSON. */
// biome-ignore lint/suspicious/noExplicitAny: tests reach into it freely
function changed(change: (json: any) => void): Uint8Array {
  const json = bundleJson(bundle);
  change(json);
  return bytesOf(json);
}

/** A bundle of any payload, rightly signed by ann. */
async function signedPayload(payload: string | Buffer): Promise<Uint8Array> {
  const bytes = Buffer.from(payload);
  const sig = Buffer.from(await key.sign(preAuthEncoding(bytes))).toString("base64");
  return changed((json) => {
    json.dsseEnvelope.payload = bytes.toString("base64");
    json.dsseEnvelope.signatures = [{ sig }];
  });
}

const judge = (bytes: Uint8Array, options = {}) =>
  refusal(() => verifyBundle(bytes, ring, { now: NOW, ...options })).code;

describe("a good bundle", () => {
  it("gives the statement, the signer and the file's digest", () => {
    expect(verifyBundle(bundle, ring, { now: NOW })).toEqual({
      statement: STATEMENT,
      signer: { person: "ann", keyId: keyHint(parsePublicKey(key.publicKeyPem)) },
      digest: sha256(bundle),
    });
  });

  it.each<KeyKind>(["ec", "ed25519", "rsa"])("may be signed by a key of kind %s", async (kind) => {
    const other = newKey(kind);
    const bytes = await signStatement(STATEMENT, other);
    const verified = verifyBundle(bytes, keyRing([trusted("eve", { pem: other.publicKeyPem })]), { now: NOW });
    expect(verified.signer.person).toBe("eve");
  });

  it("may have an empty keyid and empty witnesses, as other tools write them", () => {
    const bytes = changed((json) => {
      json.dsseEnvelope.signatures[0].keyid = "";
      json.verificationMaterial.tlogEntries = [];
      json.verificationMaterial.timestampVerificationData = { rfc3161Timestamps: [] };
    });
    expect(verifyBundle(bytes, ring, { now: NOW }).statement).toEqual(STATEMENT);
  });

  it("is bound to its name by the file's digest", () => {
    const fileDigest = bundleFileDigest(bundle).slice(0, 12);
    expect(verifyBundle(bundle, ring, { now: NOW, fileDigest }).digest.slice(0, 12)).toBe(fileDigest);
    const spaced = Buffer.concat([bundle, Buffer.from(" ")]);
    expect(judge(spaced, { fileDigest })).toBe("bytes-changed");
    expect(verifyBundle(spaced, ring, { now: NOW }).statement).toEqual(STATEMENT);
  });

  it.each(["", "a", bundleFileDigest(bundle).slice(0, 11), bundleFileDigest(bundle).toUpperCase()])(
    "is refused under a name that says %j of its digest",
    (fileDigest) => {
      expect(judge(bundle, { fileDigest })).toBe("bytes-changed");
    },
  );
});

describe("a malformed bundle", () => {
  it.each([
    ["100 MB", Buffer.alloc(100_000_000, " "), "too-large"],
    [
      "one byte too many",
      Buffer.concat([bundle, Buffer.alloc(MAX_BUNDLE_BYTES + 1 - bundle.length, " ")]),
      "too-large",
    ],
    ["nothing", Buffer.alloc(0), "not-json"],
    ["no UTF-8", Buffer.concat([bundle, Buffer.from([0xff])]), "not-json"],
    ["a byte order mark", Buffer.concat([Buffer.from("\ufeff"), bundle]), "not-json"],
    ["nesting of a million", Buffer.from("[".repeat(1_000_000)), "not-json"],
    ["a list", Buffer.from("[]"), "wrong-media-type"],
    ["null", Buffer.from("null"), "wrong-media-type"],
  ])("%s", (_, bytes, code) => {
    expect(judge(bytes)).toBe(code);
  });

  it("is still read when it is as large as may be", () => {
    const bytes = Buffer.concat([bundle, Buffer.alloc(MAX_BUNDLE_BYTES - bundle.length, " ")]);
    expect(verifyBundle(bytes, ring, { now: NOW }).statement).toEqual(STATEMENT);
  });

  // biome-ignore lint/suspicious/noExplicitAny: tests reach into it freely
  it.each<[string, (json: any) => void, string]>([
    [
      "an older media type",
      (b) => (b.mediaType = "application/vnd.dev.sigstore.bundle+json;version=0.2"),
      "wrong-media-type",
    ],
    ["a longer media type", (b) => (b.mediaType += "x"), "wrong-media-type"],
    ["no envelope", (b) => delete b.dsseEnvelope, "bad-bundle"],
    ["a message signature", (b) => (b.messageSignature = {}), "bad-bundle"],
    ["an unknown field", (b) => (b.extra = 1), "bad-bundle"],
    ["no verification material", (b) => delete b.verificationMaterial, "bad-bundle"],
    ["an empty hint", (b) => (b.verificationMaterial.publicKey.hint = ""), "bad-bundle"],
    ["key and certificate", (b) => (b.verificationMaterial.certificate = { rawBytes: "AA==" }), "bad-bundle"],
    ["a certificate chain", (b) => (b.verificationMaterial = { x509CertificateChain: {} }), "bad-bundle"],
    ["another payload type", (b) => (b.dsseEnvelope.payloadType = "text/plain"), "wrong-payload-type"],
    ["no signature", (b) => (b.dsseEnvelope.signatures = []), "signature-count"],
    ["the signature twice", (b) => b.dsseEnvelope.signatures.push(b.dsseEnvelope.signatures[0]), "signature-count"],
    ["an extra signature", (b) => b.dsseEnvelope.signatures.push({ sig: "AAAA" }), "signature-count"],
    ["a keyid", (b) => (b.dsseEnvelope.signatures[0].keyid = "ann"), "keyid-present"],
    ["base64 with a line break", (b) => (b.dsseEnvelope.payload = `\n${b.dsseEnvelope.payload}`), "bad-bundle"],
    ["base64 without padding", (b) => (b.dsseEnvelope.signatures[0].sig = "AAA"), "bad-bundle"],
    ["URL-safe base64", (b) => (b.dsseEnvelope.signatures[0].sig = "__8="), "bad-bundle"],
    ["a cut signature", (b) => (b.dsseEnvelope.signatures[0].sig = "AAAA"), "bad-signature"],
    ["another payload", (b) => (b.dsseEnvelope.payload = "e30="), "bad-signature"],
  ])("%s", (_, change, code) => {
    expect(judge(changed(change))).toBe(code);
  });
});

describe("the key", () => {
  const hintOf = (pem: string) => keyHint(parsePublicKey(pem));

  it("must be a trusted one", async () => {
    const stranger = newKey();
    const bytes = await signStatement(STATEMENT, stranger);
    const refused = refusal(() => verifyBundle(bytes, ring, { now: NOW }));
    expect(refused.code).toBe("unknown-key");
    expect(refused.message).toBe(`is signed with a key that nobody here has: "${hintOf(stranger.publicKeyPem)}"`);
  });

  it("is quoted and cut in messages", () => {
    const bytes = changed((json) => (json.verificationMaterial.publicKey.hint = "\u001b[31m".repeat(1000)));
    const { code, message } = refusal(() => verifyBundle(bytes, ring, { now: NOW }));
    expect(code).toBe("unknown-key");
    expect(message).toMatch(/: "(\\u001b\[31m)+.*…"$/);
    expect(message.length).toBeLessThan(200);
  });

  it("must be the one that signed, whatever the hint says", async () => {
    const bytes = await signStatement(STATEMENT, newKey());
    const json = bundleJson(bytes);
    json.verificationMaterial.publicKey.hint = hintOf(key.publicKeyPem);
    expect(judge(bytesOf(json))).toBe("bad-signature");
  });

  it("is not looked for among identities", () => {
    const identities = keyRing([trusted("ci", { keyless: { issuer: "https://t.test", identity: "i" } })]);
    expect(refusal(() => verifyBundle(bundle, identities, { now: NOW })).code).toBe("key-unexpected");
    expect(refusal(() => verifyBundle(bundle, keyRing([]), { now: NOW })).code).toBe("key-unexpected");
  });

  it("may be in KMS: only its public half counts", () => {
    const kms = keyRing([trusted("robot", { kms: "awskms:///alias/x", pem: key.publicKeyPem })]);
    expect(verifyBundle(bundle, kms, { now: NOW }).signer.person).toBe("robot");
  });
});

describe("time", () => {
  const from = "2026-07-01T00:00:00Z";
  const until = "2026-08-01T00:00:00Z";
  const dated = keyRing([trusted("ann", { pem: key.publicKeyPem, from, until })]);
  const at = (now: string, signedAt?: string) => () =>
    verifyBundle(bundle, dated, {
      now: new Date(now),
      ...(signedAt !== undefined && { signedAt: new Date(signedAt) }),
    });

  it.each([
    [from, undefined],
    ["2026-07-31T23:59:59.999Z", undefined],
    ["2030-01-01T00:00:00Z", "2026-07-15T00:00:00Z"],
  ])("accepts the key at %s, signed at %s", (now, signedAt) => {
    expect(at(now, signedAt)().signer.person).toBe("ann");
  });

  it.each([
    ["2026-06-30T23:59:59.999Z", undefined, "key-not-yet-valid"],
    [until, undefined, "key-expired"],
    ["2026-07-15T00:00:00Z", "2026-06-01T00:00:00Z", "key-not-yet-valid"],
    ["2026-07-15T00:00:00Z", "2026-08-02T00:00:00Z", "key-expired"],
    ["not a date", undefined, "key-not-yet-valid"],
    ["2026-07-15T00:00:00Z", "not a date", "key-not-yet-valid"],
  ])("refuses the key at %s, signed at %s: %s", (now, signedAt, code) => {
    expect(refusal(at(now, signedAt)).code).toBe(code);
  });

  const revoked = { at: "2026-07-20T00:00:00Z", reason: "laptop lost" };
  const revokedRing = keyRing([trusted("ann", { pem: key.publicKeyPem, revoked })]);
  it.each([
    ["2026-07-24T00:00:00Z", undefined],
    // A judgement dated back does not bring a revoked key to life.
    ["2026-07-01T00:00:00Z", undefined],
    ["2026-07-24T00:00:00Z", revoked.at],
    ["2026-07-24T00:00:00Z", "not a date"],
  ])("refuses a revoked key at %s, signed at %s", (now, signedAt) => {
    const options = { now: new Date(now), ...(signedAt !== undefined && { signedAt: new Date(signedAt) }) };
    const refused = refusal(() => verifyBundle(bundle, revokedRing, options));
    expect(refused.code).toBe("key-revoked");
    expect(refused.message).toBe("is signed with a key of ann revoked at 2026-07-20T00:00:00.000Z: laptop lost");
  });

  it("leaves standing what is proven to be older than the revocation", () => {
    const signedAt = new Date("2026-07-19T23:59:59Z");
    expect(verifyBundle(bundle, revokedRing, { now: NOW, signedAt }).signer.person).toBe("ann");
  });
});

describe("what is signed", () => {
  const other = (change: Partial<Record<keyof Statement, unknown>>) => JSON.stringify({ ...STATEMENT, ...change });

  it.each([
    ["no JSON", "GO"],
    ["no UTF-8", Buffer.from([0xff])],
    ["a JSON text", '"GO"'],
    ["another statement type", other({ _type: "https://in-toto.io/Statement/v9" })],
    ["no subject", other({ subject: [] })],
  ])("must be an in-toto statement: %s is refused", async (_, payload) => {
    expect(judge(await signedPayload(payload))).toBe("bad-statement");
  });

  it("may be the in-toto v0.1 that cosign writes", async () => {
    const bytes = await signedPayload(other({ _type: "https://in-toto.io/Statement/v0.1" }));
    expect(verifyBundle(bytes, ring, { now: NOW }).statement._type).toBe("https://in-toto.io/Statement/v0.1");
  });
});
