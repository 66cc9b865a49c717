import { createPublicKey, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../release/json.ts";
import { preAuthEncoding } from "../../release/signing/envelope.ts";
import { keyHint, parsePublicKey } from "../../release/signing/public-key.ts";
import { signStatement } from "../../signing/sign.ts";
import { bundleJson, newKey, STATEMENT } from "./keys.ts";

describe("preAuthEncoding", () => {
  it("is that of the DSSE specification", () => {
    const expected = "DSSEv1 28 application/vnd.in-toto+json 11 hello world";
    expect(preAuthEncoding(Buffer.from("hello world")).toString()).toBe(expected);
  });

  it("counts bytes, not characters", () => {
    expect(preAuthEncoding(Buffer.from("é–")).toString()).toBe("DSSEv1 28 application/vnd.in-toto+json 5 é–");
  });
});

describe("signStatement", () => {
  it("writes exactly what cosign needs: hint, no keyid, no witnesses", async () => {
    const key = newKey();
    const json = bundleJson(await signStatement(STATEMENT, key));
    expect(json).toEqual({
      mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
      verificationMaterial: { publicKey: { hint: keyHint(parsePublicKey(key.publicKeyPem)) } },
      dsseEnvelope: {
        payload: Buffer.from(canonicalJson(STATEMENT)).toString("base64"),
        payloadType: "application/vnd.in-toto+json",
        signatures: [{ sig: expect.any(String) }],
      },
    });
    const signed = preAuthEncoding(Buffer.from(canonicalJson(STATEMENT)));
    const sig = Buffer.from(json.dsseEnvelope.signatures[0].sig, "base64");
    expect(verify("sha256", signed, createPublicKey(key.publicKeyPem), sig)).toBe(true);
  });

  it("writes canonical JSON and one newline", async () => {
    const bytes = await signStatement(STATEMENT, newKey());
    expect(Buffer.from(bytes).toString()).toBe(`${canonicalJson(bundleJson(bytes))}\n`);
  });

  it("gives the same bytes for the same signature, whatever the order of keys", async () => {
    const key = newKey("ed25519");
    const reordered = Object.fromEntries(Object.entries(STATEMENT).reverse()) as typeof STATEMENT;
    expect(Object.keys(reordered)).not.toEqual(Object.keys(STATEMENT));
    expect(await signStatement(reordered, key)).toEqual(await signStatement(STATEMENT, key));
  });

  it("returns nothing that its own public key does not verify", async () => {
    const signer = { publicKeyPem: newKey().publicKeyPem, sign: newKey().sign };
    await expect(signStatement(STATEMENT, signer)).rejects.toThrow(
      "the signer's signature does not fit its public key",
    );
  });
});
