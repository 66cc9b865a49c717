import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleFileDigest } from "../../../release/signing/envelope.ts";
import { type KeyRing, keyRing } from "../../../release/signing/key-ring.ts";
import { SignatureRefusal } from "../../../release/signing/refusal.ts";
import { type VerifiedBundle, verifyBundle } from "../../../release/signing/verify.ts";
import { signStatementKeyless } from "../../../signing/keyless.ts";
import { signStatement } from "../../../signing/sign.ts";
import { bundleJson, bytesOf, NOW, newKey, STATEMENT, trusted } from "../../signing/keys.ts";
import { labToken, type SigstoreLab, startSigstoreLab } from "../../signing/sigstore-lab.ts";

const ISSUER = "https://token.lab.test";
const IDENTITY = "lead@team.test";

interface Sample {
  readonly bytes: Uint8Array;
  readonly ring: KeyRing;
}

let lab: SigstoreLab;
const samples = new Map<string, Sample>();
const sample = (kind: string): Sample => samples.get(kind) as Sample;

beforeAll(async () => {
  lab = await startSigstoreLab();
  const key = newKey();
  samples.set("plain key", {
    bytes: await signStatement(STATEMENT, key),
    ring: keyRing([trusted("ann", { pem: key.publicKeyPem })]),
  });
  const services = { fulcioUrl: lab.url, rekorUrl: lab.url, tsaUrl: lab.url, token: labToken(ISSUER, IDENTITY) };
  samples.set("keyless", {
    bytes: await signStatementKeyless(STATEMENT, services),
    ring: keyRing([trusted("ann", { keyless: { issuer: ISSUER, identity: IDENTITY } })], lab.rootFile()),
  });
});
afterAll(() => lab.close());

/** The result, or undefined where it was refused; any other error fails the test. */
function attempt({ ring }: Sample, bytes: Uint8Array, fileDigest?: string): VerifiedBundle | undefined {
  try {
    return verifyBundle(bytes, ring, { now: NOW, ...(fileDigest !== undefined && { fileDigest }) });
  } catch (error) {
    if (error instanceof SignatureRefusal) return undefined;
    throw error;
  }
}

/**
 * Changed bytes are refused under the file's name. Without a name they are refused or, where no signature covers
 * what changed (a log entry's index, white space), say the same of the same person.
 */
function mustNotLie(original: Sample, bytes: Uint8Array): void {
  expect(attempt(original, bytes, bundleFileDigest(original.bytes).slice(0, 12))).toBeUndefined();
  const result = attempt(original, bytes);
  if (result === undefined) return;
  expect(result.statement).toEqual(STATEMENT);
  expect(result.signer.person).toBe("ann");
}

function flipped(bytes: Uint8Array, at: number, mask: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ mask;
  return copy;
}

describe.each([
  // A keyless bundle takes a hundred times as long to verify, so fewer of its changes are tried: every thirteenth byte.
  { kind: "plain key", step: 1, numRuns: 1000 },
  { kind: "keyless", step: 13, numRuns: 200 },
])("bytes of a $kind bundle", { timeout: 120_000 }, ({ kind, step, numRuns }) => {
  it("is accepted unchanged", () => {
    const { bytes } = sample(kind);
    expect(attempt(sample(kind), bytes, bundleFileDigest(bytes).slice(0, 12))?.statement).toEqual(STATEMENT);
  });

  it("none cut off at any length is accepted", () => {
    const original = sample(kind);
    for (let length = 0; length < original.bytes.length - 1; length += 1) {
      expect(attempt(original, original.bytes.slice(0, length))).toBeUndefined();
    }
    // The last byte is the final newline: neutral, and bound by the name.
    mustNotLie(original, original.bytes.slice(0, -1));
  });

  it("none with any byte changed lies", () => {
    const original = sample(kind);
    for (let at = 0; at < original.bytes.length; at += step) {
      mustNotLie(original, flipped(original.bytes, at, 1 << (at % 8)));
    }
  });

  it("none with bytes changed, removed or put in lies", () => {
    const original = sample(kind);
    const place = fc.nat(original.bytes.length - 1);
    fc.assert(
      fc.property(place, fc.nat(8), fc.uint8Array({ maxLength: 8 }), (at, removed, added) => {
        const head = original.bytes.slice(0, at);
        const bytes = Buffer.concat([head, added, original.bytes.slice(at + removed)]);
        if (!bytes.equals(original.bytes)) mustNotLie(original, bytes);
      }),
      { numRuns },
    );
  });

  it("none with any value of its JSON replaced lies", () => {
    const original = sample(kind);
    const paths = valuePaths(bundleJson(original.bytes));
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
        mustNotLie(original, bytesOf(replaced(bundleJson(original.bytes), path, value)));
      }),
      { numRuns },
    );
  });

  it("none that is made up is accepted", () => {
    const original = sample(kind);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => attempt(original, bytes) === undefined));
    fc.assert(fc.property(fc.json(), (text) => attempt(original, Buffer.from(text)) === undefined));
  });
});

/** Every place in a JSON value, the whole first. */
function valuePaths(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  const inner = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return [path, ...inner.flatMap(([key, child]) => valuePaths(child, [...path, key]))];
}

// biome-ignore lint/suspicious/noExplicitAny: any place of any JSON
function replaced(json: any, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  json[key] = replaced(json[key], rest, value);
  return json;
}
