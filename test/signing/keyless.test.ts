import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InputError } from "../../release/errors.ts";
import { keyRing } from "../../release/signing/key-ring.ts";
import { verifyBundle } from "../../release/signing/verify.ts";
import { signStatementKeyless } from "../../signing/keyless.ts";
import { bundleJson, NOW, STATEMENT, trusted } from "./keys.ts";
import { labToken, type SigstoreLab, startSigstoreLab } from "./sigstore-lab.ts";

const ISSUER = "https://token.lab.test";
const IDENTITY = "https://git.lab.test/team/service/.ci/build.yaml@refs/heads/main";

let lab: SigstoreLab;
beforeAll(async () => {
  lab = await startSigstoreLab();
});
afterAll(() => lab.close());

describe("signStatementKeyless", () => {
  it("makes a bundle with certificate, log entry and time stamp that verifies", async () => {
    const token = labToken(ISSUER, IDENTITY);
    const bytes = await signStatementKeyless(STATEMENT, {
      fulcioUrl: lab.url,
      rekorUrl: lab.url,
      tsaUrl: lab.url,
      token,
    });
    const json = bundleJson(bytes);
    expect(json.verificationMaterial.tlogEntries).toHaveLength(1);
    expect(json.verificationMaterial.timestampVerificationData.rfc3161Timestamps).toHaveLength(1);
    expect(json.dsseEnvelope.signatures).toEqual([{ sig: expect.any(String) }]);

    const ring = keyRing([trusted("ci", { keyless: { issuer: ISSUER, identity: IDENTITY } })], lab.rootFile());
    const verified = verifyBundle(bytes, ring, { now: NOW });
    expect(verified.statement).toEqual(STATEMENT);
    expect(verified.signer).toEqual({ person: "ci", keyId: `${ISSUER} ${IDENTITY}` });
    expect(verified.provenAt).toEqual(lab.clock);
  });

  it("asks for a proof of time before it asks anybody anything", async () => {
    const signing = signStatementKeyless(STATEMENT, { fulcioUrl: lab.url, token: labToken(ISSUER, IDENTITY) });
    await expect(signing).rejects.toThrow("keyless: needs a transparency log or a time-stamping authority");
  });

  it.each(["", "one.two", "no token at all"])("refuses %j as a token", async (token) => {
    const signing = signStatementKeyless(STATEMENT, { fulcioUrl: lab.url, rekorUrl: lab.url, token });
    await expect(signing).rejects.toBeInstanceOf(InputError);
  });

  it("never shows the token when it fails", async () => {
    const token = "secretheader.secretbody.secretsignature";
    const failed = signStatementKeyless(STATEMENT, { fulcioUrl: lab.url, rekorUrl: lab.url, token });
    await expect(failed).rejects.toThrow(/^keyless signing failed: IDENTITY_TOKEN_PARSE_ERROR$/);
  });

  it("says which service failed", async () => {
    const token = labToken(ISSUER, IDENTITY);
    const failed = signStatementKeyless(STATEMENT, { fulcioUrl: `${lab.url}/nowhere`, rekorUrl: lab.url, token });
    await expect(failed).rejects.toThrow(/^keyless signing failed: CA_CREATE_SIGNING_CERTIFICATE_ERROR$/);
  });
});
