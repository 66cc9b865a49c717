import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { TrustedKey } from "../../release/signing/key-ring.ts";
import { SignatureRefusal } from "../../release/signing/refusal.ts";
import { buildStatement, predicateType, type Statement } from "../../release/signing/statement.ts";
import type { TrustKey } from "../../release/signing/trust-keys.ts";
import type { Signer } from "../../signing/sign.ts";

/** The kinds of plain keys that are trusted. */
export type KeyKind = "ec" | "ed25519" | "rsa";

export interface TestKey extends Signer {
  readonly privateKey: KeyObject;
}

/** A new key that lives in memory. */
export function newKey(kind: KeyKind = "ec"): TestKey {
  const { privateKey, publicKey } =
    kind === "ec"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : kind === "rsa"
        ? generateKeyPairSync("rsa", { modulusLength: 2048 })
        : generateKeyPairSync("ed25519");
  return {
    privateKey,
    publicKeyPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
    sign: async (bytes) => sign(undefined, bytes, privateKey),
  };
}

/** A key of a person, trusted from 2026 on. */
export function trusted(person: string, key: Partial<TrustKey>): TrustedKey {
  return { person, file: "catalog/trust/people.yaml", key: { from: "2026-01-01T00:00:00Z", ...key } };
}

export const NOW = new Date("2026-07-24T12:00:00Z");

export const STATEMENT: Statement = buildStatement(
  [{ name: "1.1.0.json", sha256: "4c1f".padEnd(64, "0") }],
  predicateType("vote"),
  { stack: "prod", verdict: "GO", reason: "load test passed – p99 < 200 ms" },
);

/** The refusal that `act` ends in. Anything else that it throws, and an acceptance, fails the test. */
export function refusal(act: () => unknown): SignatureRefusal {
  try {
    act();
  } catch (error) {
    if (error instanceof SignatureRefusal) return error;
    throw error;
  }
  throw new Error("was accepted");
}

/** A bundle file as JSON that tests may change. */
// biome-ignore lint/suspicious/noExplicitAny: tests reach into it freely
export function bundleJson(bytes: Uint8Array): any {
  return JSON.parse(Buffer.from(bytes).toString());
}

export function bytesOf(json: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(json));
}
