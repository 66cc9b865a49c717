import { BUNDLE_V03_MEDIA_TYPE } from "@sigstore/bundle";
import { z } from "zod";
import { isObject, sha256 } from "../json.ts";
import { SignatureRefusal } from "./refusal.ts";
import { STATEMENT_PAYLOAD_TYPE } from "./statement.ts";

/**
 * The largest bundle that is read, in bytes. A verdict takes a few KiB and the signed SBOM of a large image a few MiB;
 * anything larger is refused before it is parsed.
 */
export const MAX_BUNDLE_BYTES = 8 * 1024 * 1024;

const witnesses = { tlogEntries: z.array(z.unknown()).optional(), timestampVerificationData: z.unknown().optional() };

/**
 * The JSON form of a bundle as we accept it (sigstore bundle specification, v0.3). Unknown fields are refused, as cosign does.
 * What a certificate comes with is left to the sigstore libraries.
 */
const BundleFile = z.strictObject({
  mediaType: z.string(),
  verificationMaterial: z.union([
    z.strictObject({ publicKey: z.strictObject({ hint: z.string().min(1) }), ...witnesses }),
    z.strictObject({ certificate: z.strictObject({ rawBytes: z.string().min(1) }), ...witnesses }),
  ]),
  dsseEnvelope: z.strictObject({
    payload: z.string().min(1),
    payloadType: z.string(),
    signatures: z.array(z.strictObject({ sig: z.string().min(1), keyid: z.string().optional() })),
  }),
});

/** What a bundle holds, with nothing of it verified yet. */
export interface UnverifiedBundle {
  /** The parsed file, for the sigstore libraries. */
  readonly json: unknown;
  /** Which plain key is said to have signed, or undefined where a certificate comes with the bundle. */
  readonly hint: string | undefined;
  readonly payload: Buffer;
  readonly signature: Buffer;
}

/**
 * SHA-256 of a bundle file as 64 lower-case hex digits. A file in the catalogue bears the start of it in its name,
 * which binds also those bytes that no signature covers: white space, order of keys, a log entry of a plain key.
 */
export function bundleFileDigest(bytes: Uint8Array): string {
  return sha256(bytes);
}

/**
 * DSSE pre-authentication encoding: the bytes that are signed.
 * @see https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
 */
export function preAuthEncoding(payload: Uint8Array): Buffer {
  const type = Buffer.from(STATEMENT_PAYLOAD_TYPE);
  return Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} `), payload]);
}

/** Reads a bundle file and checks its form. @throws SignatureRefusal */
export function readBundle(bytes: Uint8Array): UnverifiedBundle {
  if (bytes.byteLength > MAX_BUNDLE_BYTES) {
    throw new SignatureRefusal("too-large", `has ${bytes.byteLength} bytes; a bundle has at most ${MAX_BUNDLE_BYTES}`);
  }
  const json = parseJson(bytes);
  if (!isObject(json) || json.mediaType !== BUNDLE_V03_MEDIA_TYPE) {
    throw new SignatureRefusal("wrong-media-type", `is not a sigstore bundle of media type ${BUNDLE_V03_MEDIA_TYPE}`);
  }
  const parsed = BundleFile.safeParse(json);
  if (!parsed.success) {
    const places = parsed.error.issues.map((issue) => issue.path.join(".") || "its fields").join(", ");
    throw new SignatureRefusal("bad-bundle", `is not a well-formed DSSE bundle: look at ${places}`);
  }
  const { dsseEnvelope, verificationMaterial } = parsed.data;
  if (dsseEnvelope.payloadType !== STATEMENT_PAYLOAD_TYPE) {
    throw new SignatureRefusal("wrong-payload-type", `its payload type is not ${STATEMENT_PAYLOAD_TYPE}`);
  }
  const [signature, ...extra] = dsseEnvelope.signatures;
  if (signature === undefined || extra.length > 0) {
    throw new SignatureRefusal("signature-count", `has ${dsseEnvelope.signatures.length} signatures instead of one`);
  }
  if (signature.keyid !== undefined && signature.keyid !== "") {
    // DSSE leaves keyid unauthenticated, and cosign refuses a key's bundle that has one.
    throw new SignatureRefusal("keyid-present", "its signature has a keyid, which nothing vouches for");
  }
  return {
    json,
    hint: "publicKey" in verificationMaterial ? verificationMaterial.publicKey.hint : undefined,
    payload: decodeBase64(dsseEnvelope.payload, "payload"),
    signature: decodeBase64(signature.sig, "signature"),
  };
}

/** JSON in UTF-8, with no byte order mark. @throws SignatureRefusal */
function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw new SignatureRefusal("not-json", "is not JSON");
  }
}

/** Standard base64 with padding, in its one canonical form (RFC 4648): Node's own decoder takes anything. */
function decodeBase64(text: string, what: string): Buffer {
  const decoded = Buffer.from(text, "base64");
  if (decoded.toString("base64") !== text) throw new SignatureRefusal("bad-bundle", `its ${what} is not base64`);
  return decoded;
}
