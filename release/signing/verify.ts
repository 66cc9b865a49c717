import { toDSSEBundle } from "@sigstore/bundle";
import { toSignedEntity, Verifier } from "@sigstore/verify";
import { bundleFileDigest, readBundle, type UnverifiedBundle } from "./envelope.ts";
import type { Credential, KeyRing } from "./key-ring.ts";
import { verifyKeyless } from "./keyless.ts";
import { SignatureRefusal } from "./refusal.ts";
import { STATEMENT_PAYLOAD_TYPE, Statement } from "./statement.ts";

/** A file name bears at least this many hex digits of the file's SHA-256. */
const MIN_DIGEST_DIGITS = 12;

/** What a bundle is judged by besides the keys. */
export interface VerifyOptions {
  /** The instant of the judgement. */
  readonly now: Date;
  /**
   * An instant at which the signature is proven to have existed, by something other than the bundle: a signed ledger entry
   * on the protected branch that names it. A plain key's validity is then judged at that instant instead of `now`,
   * and a revocation after it leaves the signature standing.
   */
  readonly signedAt?: Date;
  /** The start of the file's SHA-256, as its name has it: at least {@link MIN_DIGEST_DIGITS} lower-case hex digits. */
  readonly fileDigest?: string;
}

/** What a bundle proves. */
export interface VerifiedBundle {
  readonly statement: Statement;
  readonly signer: {
    /** Id of the key's owner in the trust files. */
    readonly person: string;
    /** The key's hint, or `<issuer> <identity>` of a keyless one. */
    readonly keyId: string;
  };
  /** For a keyless bundle: the earliest instant at which a trusted log or authority saw the signature. */
  readonly provenAt?: Date;
  /** SHA-256 of the bundle file's bytes, 64 lower-case hex digits. */
  readonly digest: string;
}

/**
 * Decides whose word a bundle is. Nothing in it is believed before its signature is verified.
 * @throws SignatureRefusal, and nothing else, whatever the bytes are
 */
export function verifyBundle(bytes: Uint8Array, ring: KeyRing, options: VerifyOptions): VerifiedBundle {
  const bundle = readBundle(bytes);
  const digest = bundleFileDigest(bytes);
  checkFileDigest(digest, options.fileDigest);
  const { credential, provenAt } = bundle.hint === undefined ? verifyKeyless(bundle, ring) : verifyKey(bundle, ring);
  checkRevocation(credential, options.signedAt);
  checkValidity(credential, provenAt ?? options.signedAt ?? options.now);
  return {
    statement: parseStatement(bundle.payload),
    signer: { person: credential.person, keyId: credential.keyId },
    ...(provenAt && { provenAt }),
    digest,
  };
}

function checkFileDigest(actual: string, expected: string | undefined): void {
  if (expected === undefined) return;
  // A name that bears too little would bind nothing: the empty text is the start of every digest.
  if (expected.length < MIN_DIGEST_DIGITS || !actual.startsWith(expected)) {
    const told = JSON.stringify(expected.slice(0, actual.length));
    throw new SignatureRefusal("bytes-changed", `its SHA-256 is ${actual}, and its name says ${told}`);
  }
}

/**
 * A plain key. What a log or a time-stamping authority adds to such a bundle is neither needed nor looked at,
 * as with `cosign verify-blob-attestation --insecure-ignore-tlog`.
 */
function verifyKey(bundle: UnverifiedBundle, ring: KeyRing): { credential: Credential; provenAt?: Date } {
  if (ring.keys.size === 0) {
    throw new SignatureRefusal("key-unexpected", "is signed with a plain key, and only keyless identities are trusted");
  }
  const keyHint = bundle.hint ?? "";
  const trusted = ring.keys.get(keyHint);
  if (trusted === undefined) {
    throw new SignatureRefusal("unknown-key", `is signed with a key that nobody here has: ${shortened(keyHint)}`);
  }
  const entity = toSignedEntity(
    toDSSEBundle({
      artifact: bundle.payload,
      artifactType: STATEMENT_PAYLOAD_TYPE,
      signature: bundle.signature,
      keyHint,
    }),
  );
  // The library's thresholds of 0 switch off what a plain key's bundle does not have; validity in time is checked by us.
  const verifier = new Verifier(
    {
      certificateAuthorities: [],
      timestampAuthorities: [],
      tlogs: [],
      ctlogs: [],
      publicKey: () => ({ publicKey: trusted.publicKey, validFor: () => true }),
    },
    { ctlogThreshold: 0, tlogThreshold: 0, timestampThreshold: 0 },
  );
  try {
    verifier.verify(entity);
  } catch (error) {
    throw new SignatureRefusal("bad-signature", `its signature is not that of ${trusted.person}'s key`, {
      cause: error,
    });
  }
  return { credential: trusted };
}

/** A revoked key may be in wrong hands, which can date a signature as they like: only an outside proof of its age counts. */
function checkRevocation({ person, revoked }: Credential, signedAt: Date | undefined): void {
  if (revoked === undefined || (signedAt !== undefined && signedAt.getTime() < revoked.at)) return;
  const since = new Date(revoked.at).toISOString();
  throw new SignatureRefusal("key-revoked", `is signed with a key of ${person} revoked at ${since}: ${revoked.reason}`);
}

function checkValidity({ person, from, until }: Credential, at: Date): void {
  const instant = at.getTime();
  // Written so that an invalid date is refused too.
  if (!(instant >= from)) {
    const start = new Date(from).toISOString();
    throw new SignatureRefusal("key-not-yet-valid", `is signed with a key of ${person} that is valid from ${start} on`);
  }
  if (instant >= until) {
    const end = new Date(until).toISOString();
    throw new SignatureRefusal("key-expired", `is signed with a key of ${person} that was valid until ${end}`);
  }
}

function parseStatement(payload: Buffer): Statement {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload));
  } catch {
    throw new SignatureRefusal("bad-statement", "its payload is not JSON");
  }
  const parsed = Statement.safeParse(json);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
  throw new SignatureRefusal("bad-statement", `its payload is not an in-toto statement: ${issues}`);
}

/** Text out of an unverified bundle, fit for a message: quoted and cut. */
function shortened(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
}
