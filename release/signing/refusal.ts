/** Why a bundle is refused. Stable: rules, tests and other programs tell refusals apart by it. */
export type RefusalCode =
  /** The file is larger than any bundle that this program makes or reads. */
  | "too-large"
  /** The bytes are not those that the file's name was made of. */
  | "bytes-changed"
  /** Not UTF-8, or not JSON. */
  | "not-json"
  /** JSON, but not a sigstore bundle of the one version that is read. */
  | "wrong-media-type"
  /** A sigstore bundle that lacks something, has too much, or is malformed inside. */
  | "bad-bundle"
  /** The envelope holds something else than an in-toto statement. */
  | "wrong-payload-type"
  /** No signature, or more than one. */
  | "signature-count"
  /** The envelope's signature names its key, which nothing vouches for. */
  | "keyid-present"
  /** Signed with a plain key, and no plain key is trusted. */
  | "key-unexpected"
  /** Signed with a certificate, and no keyless identity is trusted. */
  | "certificate-unexpected"
  /** No trusted key has the hint that the bundle gives. */
  | "unknown-key"
  /** The certificate is sound, but names an issuer or identity that is not trusted. */
  | "unknown-identity"
  /** The signature is not that of the key over this payload. */
  | "bad-signature"
  /** A keyless bundle, and no trusted root to judge it by. */
  | "no-trusted-root"
  /** The certificate does not lead to the trusted root, or no trusted log has recorded it (SCT). */
  | "untrusted-certificate"
  /** Neither a trusted log nor a trusted authority says when it was signed. */
  | "untrusted-time"
  /** The transparency log entry is not that of a trusted log, or not of this signature. */
  | "untrusted-log"
  /** Signed, or judged, before the key's `from`. */
  | "key-not-yet-valid"
  /** Signed, or judged, at or after the key's `until`. */
  | "key-expired"
  /** The key was revoked, and nothing proves that the signature is older. */
  | "key-revoked"
  /** Rightly signed, but what is signed is not an in-toto statement. */
  | "bad-statement";

/** A bundle that proves nothing. The message is plain and names no file: whoever read the file adds its name. */
export class SignatureRefusal extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SignatureRefusal";
    this.code = code;
  }
}
