import { type Bundle, bundleFromJSON } from "@sigstore/bundle";
import { type SignedEntity, type Signer, toSignedEntity, VerificationError, Verifier } from "@sigstore/verify";
import type { UnverifiedBundle } from "./envelope.ts";
import { type Credential, identityKeyId, type KeyRing } from "./key-ring.ts";
import { type RefusalCode, SignatureRefusal } from "./refusal.ts";

/**
 * Verifies a bundle that comes with a short-lived certificate: that it leads to the trusted root, that a trusted CT log has
 * recorded it (SCT), that a trusted log or time-stamping authority saw the signature while it was valid, and that its issuer
 * and identity are exactly those of a trusted key.
 * @throws SignatureRefusal
 */
export function verifyKeyless(bundle: UnverifiedBundle, ring: KeyRing): { credential: Credential; provenAt: Date } {
  if (ring.identities.size === 0) {
    throw new SignatureRefusal(
      "certificate-unexpected",
      "is signed with a certificate where a plain key is expected: no keyless identity is trusted",
    );
  }
  if (ring.root === undefined) {
    throw new SignatureRefusal("no-trusted-root", "is a keyless bundle, and no trusted root is given to judge it by");
  }
  const entity = readEntity(bundle.json);
  // One proof of time is needed; a log entry without one is allowed beside a time stamp, and is verified too.
  const verifier = new Verifier(ring.root, { ctlogThreshold: 1, tlogThreshold: 0, timestampThreshold: 1 });
  const { identity } = refusing(() => verifier.verify(entity));
  return { credential: findIdentity(identity, ring), provenAt: earliestTime(entity) };
}

function readEntity(json: unknown): SignedEntity {
  try {
    const bundle: Bundle = bundleFromJSON(json);
    return toSignedEntity(bundle);
  } catch (error) {
    throw new SignatureRefusal("bad-bundle", "its certificate, log entry or time stamp is malformed", { cause: error });
  }
}

const EXPLANATIONS: Partial<Record<VerificationError["code"], readonly [RefusalCode, string]>> = {
  CERTIFICATE_ERROR: ["untrusted-certificate", "its certificate is not one that the trusted root vouches for"],
  SIGNATURE_ERROR: ["bad-signature", "its signature is not that of its certificate"],
  TIMESTAMP_ERROR: ["untrusted-time", "no trusted log or time-stamping authority says when it was signed"],
  TLOG_BODY_ERROR: ["untrusted-log", "its transparency log entry is that of another signature"],
  TLOG_ERROR: ["untrusted-log", "its transparency log entry is not usable"],
  TLOG_INCLUSION_PROMISE_ERROR: ["untrusted-log", "its transparency log entry is not signed by a trusted log"],
  TLOG_INCLUSION_PROOF_ERROR: ["untrusted-log", "its transparency log entry is not proven to be in a trusted log"],
  TLOG_MISSING_INCLUSION_ERROR: ["untrusted-log", "its transparency log entry is not proven to be in a trusted log"],
};

/** The library's errors as refusals. It throws a TypeError on some malformed bundles. */
function refusing(verify: () => Signer): Signer {
  try {
    return verify();
  } catch (cause) {
    const explained = cause instanceof VerificationError ? EXPLANATIONS[cause.code] : undefined;
    const [code, message] = explained ?? ["bad-bundle", "its certificate, log entry or time stamp is malformed"];
    const detail = cause instanceof VerificationError ? ` (${cause.message})` : "";
    throw new SignatureRefusal(code, `${message}${detail}`, { cause });
  }
}

function findIdentity(found: Signer["identity"], ring: KeyRing): Credential {
  const issuer = found?.extensions?.issuer ?? "";
  const subject = found?.subjectAlternativeName ?? "";
  // Exact text, not the library's own policy, which takes the identity as a regular expression.
  const credential = ring.identities.get(identityKeyId(issuer, subject));
  if (credential === undefined) {
    const names = `${JSON.stringify(subject)} of issuer ${JSON.stringify(issuer)}`;
    throw new SignatureRefusal("unknown-identity", `is signed by ${names}, which is nobody's key here`);
  }
  return credential;
}

/** When the signature existed at the latest. Only for a verified entity: every time in it has been checked by then. */
function earliestTime({ timestamps }: SignedEntity): Date {
  const times = timestamps.flatMap((proof) => {
    if (proof.$case === "timestamp-authority") return [proof.timestamp.signingTime.getTime()];
    // Only the log's promise signs the time; an inclusion proof does not cover it.
    return proof.tlogEntry.inclusionPromise === undefined ? [] : [Number(proof.tlogEntry.integratedTime) * 1000];
  });
  return new Date(Math.min(...times));
}
