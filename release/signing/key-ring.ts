import type { KeyObject } from "node:crypto";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { type TrustMaterial, toTrustMaterial } from "@sigstore/verify";
import { refuseInput } from "../errors.ts";
import { isObject } from "../json.ts";
import { keyHint, parsePublicKey } from "./public-key.ts";
import type { TrustKey } from "./trust-keys.ts";

/** A key with its owner, and where that stands. */
export interface TrustedKey {
  /** Id of the person whose word a signature of this key is. */
  readonly person: string;
  readonly key: TrustKey;
  /** The trust file that lists it: for messages. */
  readonly file: string;
}

/** A sigstore `trusted_root.json`: certificate authorities, CT logs, transparency logs and time-stamping authorities. */
export interface TrustedRootFile {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** A trusted key, read once. Instants are milliseconds since 1970. */
export interface Credential {
  readonly person: string;
  /** The key's hint, or `<issuer> <identity>`: what a revocation and a message name it by. */
  readonly keyId: string;
  readonly from: number;
  /** Exclusive; infinite where the key has no end. */
  readonly until: number;
  readonly revoked: { readonly at: number; readonly reason: string } | undefined;
}

/** All that signatures are judged by. Built once, used for every bundle. */
export interface KeyRing {
  /** Plain keys by hint. */
  readonly keys: ReadonlyMap<string, Credential & { readonly publicKey: KeyObject }>;
  /** Keyless identities by {@link identityKeyId}. */
  readonly identities: ReadonlyMap<string, Credential>;
  /** Undefined where no trusted root was given: then no keyless bundle is accepted. */
  readonly root: TrustMaterial | undefined;
}

/** What the media types of all versions of a trusted root start with. */
const ROOT_MEDIA_TYPE = "application/vnd.dev.sigstore.trustedroot";

/** How a keyless identity is named. Trusted issuers and identities hold no space, so the two can't run into each other. */
export function identityKeyId(issuer: string, identity: string): string {
  return `${issuer} ${identity}`;
}

/**
 * Reads every key once.
 * @throws InputError where two entries are the same key (whose word would it be?) or the trusted root is unreadable
 */
export function keyRing(trusted: readonly TrustedKey[], root?: TrustedRootFile): KeyRing {
  const keys = new Map<string, Credential & { publicKey: KeyObject }>();
  const identities = new Map<string, Credential>();
  for (const entry of trusted) {
    const { key } = entry;
    if (key.keyless !== undefined) {
      const keyId = identityKeyId(key.keyless.issuer, key.keyless.identity);
      addOnce(identities, entry, credential(entry, keyId));
    } else if (key.pem !== undefined) {
      const publicKey = parsePublicKey(key.pem);
      addOnce(keys, entry, { ...credential(entry, keyHint(publicKey)), publicKey });
    }
  }
  return { keys, identities, root: root && readRoot(root) };
}

function credential({ person, key }: TrustedKey, keyId: string): Credential {
  return {
    person,
    keyId,
    from: Date.parse(key.from),
    until: key.until === undefined ? Number.POSITIVE_INFINITY : Date.parse(key.until),
    revoked: key.revoked && { at: Date.parse(key.revoked.at), reason: key.revoked.reason },
  };
}

function addOnce<T extends Credential>(known: Map<string, T>, { file, person }: TrustedKey, added: T): void {
  const other = known.get(added.keyId);
  if (other !== undefined) {
    const owners = other.person === person ? `twice for ${person}` : `for ${other.person} and for ${person}`;
    refuseInput({ file, path: "", message: `the same key is listed ${owners}`, value: added.keyId });
  }
  known.set(added.keyId, added);
}

function readRoot({ file, bytes }: TrustedRootFile): TrustMaterial {
  try {
    const json: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    // Without this, any JSON object would be read as a root that trusts nobody.
    if (!isObject(json) || !String(json.mediaType).startsWith(ROOT_MEDIA_TYPE)) throw new Error("wrong media type");
    // Keys are ours to look up: the sigstore libraries get their trust in logs and authorities from here only.
    return toTrustMaterial(TrustedRoot.fromJSON(json), {});
  } catch {
    return refuseInput({ file, path: "", message: "is not a sigstore trusted root" });
  }
}
