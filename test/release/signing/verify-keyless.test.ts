import { X509Certificate } from "node:crypto";
import type { TrustedRoot } from "@sigstore/protobuf-specs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keyRing, type TrustedRootFile } from "../../../release/signing/key-ring.ts";
import type { SignatureRefusal } from "../../../release/signing/refusal.ts";
import type { TrustKey } from "../../../release/signing/trust-keys.ts";
import { verifyBundle } from "../../../release/signing/verify.ts";
import { signStatementKeyless } from "../../../signing/keyless.ts";
import { bundleJson, bytesOf, NOW, newKey, refusal, STATEMENT, trusted } from "../../signing/keys.ts";
import { labToken, type SigstoreLab, startSigstoreLab } from "../../signing/sigstore-lab.ts";

const ISSUER = "https://token.lab.test";
const IDENTITY = "https://git.lab.test/team/service/.ci/build.yaml@refs/heads/main";
const SERVICES = ["log", "stamp"] as const;
type Service = (typeof SERVICES)[number];

let lab: SigstoreLab;
let otherLab: SigstoreLab;
let labWithoutScts: SigstoreLab;
beforeAll(async () => {
  [lab, otherLab, labWithoutScts] = await Promise.all([
    startSigstoreLab(),
    startSigstoreLab(),
    startSigstoreLab({ scts: false }),
  ]);
});
afterAll(() => Promise.all([lab.close(), otherLab.close(), labWithoutScts.close()]));

/** Signed in a lab, and seen by its log, its time-stamping authority or both. */
function signed(by: SigstoreLab, seenBy: readonly Service[] = SERVICES, identity = IDENTITY): Promise<Uint8Array> {
  return signStatementKeyless(STATEMENT, {
    fulcioUrl: by.url,
    ...(seenBy.includes("log") && { rekorUrl: by.url }),
    ...(seenBy.includes("stamp") && { tsaUrl: by.url }),
    token: labToken(ISSUER, identity),
  });
}

function verify(bytes: Uint8Array, root: TrustedRootFile | undefined = lab.rootFile(), key: Partial<TrustKey> = {}) {
  const keyless = { issuer: ISSUER, identity: IDENTITY };
  return verifyBundle(bytes, keyRing([trusted("ci", { keyless, ...key })], root), { now: NOW });
}

const refused = (...args: Parameters<typeof verify>): SignatureRefusal => refusal(() => verify(...args));

describe("a keyless bundle", () => {
  it.each([[["log"]], [["stamp"]], [["log", "stamp"]]] as const)("is accepted when seen by %j", async (seenBy) => {
    const { signer, statement, provenAt } = verify(await signed(lab, seenBy));
    expect(signer).toEqual({ person: "ci", keyId: `${ISSUER} ${IDENTITY}` });
    expect(statement).toEqual(STATEMENT);
    expect(provenAt).toEqual(lab.clock);
  });

  it("needs a proof of time", async () => {
    const json = bundleJson(await signed(lab));
    json.verificationMaterial.tlogEntries = [];
    json.verificationMaterial.timestampVerificationData = {};
    expect(refused(bytesOf(json)).code).toBe("untrusted-time");
  });

  it("needs more of a log than a proof of inclusion, which does not cover the time", async () => {
    const json = bundleJson(await signed(lab, ["log"]));
    delete json.verificationMaterial.tlogEntries[0].inclusionPromise;
    expect(refused(bytesOf(json)).code).toBe("untrusted-time");
  });

  it("needs an SCT", async () => {
    const { code, message } = refused(await signed(labWithoutScts), labWithoutScts.rootFile());
    expect(code).toBe("untrusted-certificate");
    expect(message).toContain("expected 1 SCTs, got 0");
  });

  it("needs a trusted root", async () => {
    const ring = keyRing([trusted("ci", { keyless: { issuer: ISSUER, identity: IDENTITY } })]);
    const bytes = await signed(lab);
    expect(refusal(() => verifyBundle(bytes, ring, { now: NOW })).code).toBe("no-trusted-root");
  });

  it("is refused where plain keys are expected", async () => {
    const ring = keyRing([trusted("ann", { pem: newKey().publicKeyPem })], lab.rootFile());
    const bytes = await signed(lab);
    expect(refusal(() => verifyBundle(bytes, ring, { now: NOW })).code).toBe("certificate-unexpected");
  });
});

describe("the trusted root", () => {
  it.each<[string, keyof TrustedRoot, readonly Service[], string]>([
    ["certificate authority", "certificateAuthorities", ["log", "stamp"], "untrusted-certificate"],
    ["CT log", "ctlogs", ["log", "stamp"], "untrusted-certificate"],
    ["transparency log", "tlogs", ["log"], "untrusted-log"],
    ["transparency log, also beside a time stamp", "tlogs", ["log", "stamp"], "untrusted-log"],
    ["time-stamping authority", "timestampAuthorities", ["stamp"], "untrusted-time"],
    ["time-stamping authority, also beside a log entry", "timestampAuthorities", ["log", "stamp"], "untrusted-time"],
  ])("must hold the %s", async (_, part, seenBy, code) => {
    const bytes = await signed(lab, seenBy);
    expect(refused(bytes, lab.rootFile({ ...lab.root, [part]: [] })).code).toBe(code);
    expect(refused(bytes, lab.rootFile({ ...lab.root, [part]: otherLab.root[part] })).code).toBe(code);
  });

  it("must be that of the bundle's deployment", async () => {
    const bytes = await signed(lab);
    expect(verify(bytes, lab.rootFile()).signer.person).toBe("ci");
    expect(refused(bytes, otherLab.rootFile()).code).toBe("untrusted-time");
  });

  it("must have trusted the authority at the time", async () => {
    const ended = { start: new Date("2020-01-01T00:00:00Z"), end: new Date("2021-01-01T00:00:00Z") };
    const authorities = lab.root.certificateAuthorities.map((ca) => ({ ...ca, validFor: ended }));
    const root = lab.rootFile({ ...lab.root, certificateAuthorities: authorities });
    expect(refused(await signed(lab), root).code).toBe("untrusted-certificate");
  });
});

describe("the identity", () => {
  it.each([
    ["another issuer", { issuer: "https://token.lab.test.evil", identity: IDENTITY }],
    ["an issuer with a slash more", { issuer: `${ISSUER}/`, identity: IDENTITY }],
    ["another identity", { issuer: ISSUER, identity: IDENTITY.replace("main", "evil") }],
    ["an identity that is a part of it", { issuer: ISSUER, identity: IDENTITY.slice(0, -1) }],
    ["a pattern that would match it", { issuer: ISSUER, identity: ".*" }],
    ["another case", { issuer: ISSUER, identity: IDENTITY.toUpperCase() }],
  ])("must be exact: %s is not it", async (_, keyless) => {
    const { code, message } = refused(await signed(lab), lab.rootFile(), { keyless });
    expect(code).toBe("unknown-identity");
    expect(message).toBe(`is signed by "${IDENTITY}" of issuer "${ISSUER}", which is nobody's key here`);
  });

  it("is trusted in its time, judged by the proven time and not by the clock", async () => {
    const bytes = await signed(lab);
    const day = 24 * 3600 * 1000;
    const on = (offset: number) => new Date(lab.clock.getTime() + offset * day).toISOString();
    expect(verify(bytes, lab.rootFile(), { from: on(-1), until: on(1) }).signer.person).toBe("ci");
    expect(refused(bytes, lab.rootFile(), { from: on(1) }).code).toBe("key-not-yet-valid");
    expect(refused(bytes, lab.rootFile(), { from: on(-2), until: on(-1) }).code).toBe("key-expired");
  });

  it("is void once revoked, whatever the log says of its age", async () => {
    const revoked = { at: "2999-01-01T00:00:00Z", reason: "left the team" };
    expect(refused(await signed(lab), lab.rootFile(), { revoked }).code).toBe("key-revoked");
  });
});

describe("parts of another bundle", () => {
  it.each([
    ["log entry", "tlogEntries", "untrusted-log"],
    ["time stamp", "timestampVerificationData", "untrusted-time"],
  ])("%s", async (_, part, code) => {
    const [mine, other] = [bundleJson(await signed(lab)), bundleJson(await signed(lab))];
    mine.verificationMaterial[part] = other.verificationMaterial[part];
    expect(refused(bytesOf(mine)).code).toBe(code);
  });

  it("certificate of somebody else", async () => {
    const [mine, other] = [bundleJson(await signed(lab, ["stamp"], "mallory")), bundleJson(await signed(lab))];
    mine.verificationMaterial.certificate = other.verificationMaterial.certificate;
    expect(refused(bytesOf(mine)).code).toBe("bad-signature");
  });

  it("certificate of no authority", async () => {
    const mine = bundleJson(await signed(otherLab, ["stamp"]));
    const raw = Buffer.from(mine.verificationMaterial.certificate.rawBytes, "base64");
    expect(new X509Certificate(raw).subjectAltName).toBe(`URI:${IDENTITY}`);
    const mixed = { ...lab.root, timestampAuthorities: otherLab.root.timestampAuthorities };
    expect(refused(bytesOf(mine), lab.rootFile(mixed)).code).toBe("untrusted-certificate");
  });

  it.each([
    ["AAAA", "bad-bundle"],
    ["e30=", "bad-bundle"],
    // An empty ASN.1 sequence, which is a certificate in form and lacks everything.
    ["MAA=", "untrusted-certificate"],
  ])("garbage %s for a certificate", async (rawBytes, code) => {
    const json = bundleJson(await signed(lab));
    json.verificationMaterial.certificate = { rawBytes };
    expect(refused(bytesOf(json)).code).toBe(code);
  });
});
