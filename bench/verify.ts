/**
 * How long checking bundles takes: reading, signature, key and statement, on one thread.
 * Run `node bench/verify.ts [bundles]`; exit code 1 means over the limit (2 s for 10,000 bundles, from the requirements).
 */
import { generateKeyPairSync, sign } from "node:crypto";
import { sha256 } from "../release/json.ts";
import { keyRing, type TrustedKey } from "../release/signing/key-ring.ts";
import { buildStatement, predicateType } from "../release/signing/statement.ts";
import { verifyBundle } from "../release/signing/verify.ts";
import { type Signer, signStatement } from "../signing/sign.ts";

const BUNDLES = Number(process.argv[2] ?? 10_000);
const SIGNERS = 50;
const LIMIT_MS = (2_000 * BUNDLES) / 10_000;
const NOW = new Date("2026-07-24T12:00:00Z");

function newSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    publicKeyPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
    sign: async (bytes) => sign("sha256", bytes, privateKey),
  };
}

/** A vote of the usual size, different in every bundle. */
async function newBundle(index: number, signer: Signer): Promise<Uint8Array> {
  const subjects = [{ name: `module-${index % 103}/1.${index}.0.json`, sha256: sha256(`manifest ${index}`) }];
  const predicate = {
    stack: "prod",
    configHash: sha256(`config ${index}`),
    role: "qa",
    verdict: "GO",
    reason: `Load test ${index} passed with the p99 within its bound, and nothing unusual in the logs of the week.`,
    at: NOW.toISOString(),
    expires: "2026-08-24T12:00:00Z",
  };
  return signStatement(buildStatement(subjects, predicateType("vote"), predicate), signer);
}

const signers = Array.from({ length: SIGNERS }, newSigner);
const bundles: Uint8Array[] = [];
for (let index = 0; index < BUNDLES; index += 1) {
  const signer = signers[index % SIGNERS];
  if (signer !== undefined) bundles.push(await newBundle(index, signer));
}
const trusted = signers.map(
  ({ publicKeyPem }, index): TrustedKey => ({
    person: `person-${index}`,
    file: "bench",
    key: { pem: publicKeyPem, from: "2026-01-01T00:00:00Z" },
  }),
);

const start = performance.now();
const ring = keyRing(trusted);
const people = new Set(bundles.map((bytes) => verifyBundle(bytes, ring, { now: NOW }).signer.person));
const took = performance.now() - start;

if (people.size !== Math.min(SIGNERS, BUNDLES)) throw new Error(`${people.size} signers were recognised`);
const size = bundles.reduce((sum, bytes) => sum + bytes.byteLength, 0) / BUNDLES;
console.log(
  `${BUNDLES} bundles of ${Math.round(size)} bytes on one thread: ${Math.round(took)} ms, ` +
    `${Math.round((took * 1000) / BUNDLES)} µs each (limit ${LIMIT_MS} ms)`,
);
process.exitCode = took < LIMIT_MS ? 0 : 1;
