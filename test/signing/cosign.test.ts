import { execFile, execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sha256 } from "../../release/json.ts";
import { keyRing } from "../../release/signing/key-ring.ts";
import { buildStatement, predicateType } from "../../release/signing/statement.ts";
import { verifyBundle } from "../../release/signing/verify.ts";
import { signStatementKeyless } from "../../signing/keyless.ts";
import { signStatement } from "../../signing/sign.ts";
import { bundleJson, bytesOf, type KeyKind, NOW, newKey, refusal, trusted } from "./keys.ts";
import { labToken, startSigstoreLab } from "./sigstore-lab.ts";

const MANIFEST = '{"module":"skaha","version":"1.1.0"}\n';
const VOTE = predicateType("vote");
const VSA = "https://slsa.dev/verification_summary/v1";
const COSIGN_CUSTOM = "https://cosign.sigstore.dev/attestation/v1";

const COSIGN = process.env.IMPRIMATUR_COSIGN ?? "cosign";

const hasCosign = (() => {
  try {
    execFileSync(COSIGN, ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!hasCosign)(
  "cosign (needs cosign on PATH or in IMPRIMATUR_COSIGN: go install …/cosign/v3/cmd/cosign)",
  { timeout: 60_000 },
  () => {
    let folder: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "imprimatur-cosign-"));
      await writeFile(join(folder, "1.1.0.json"), MANIFEST);
      await writeFile(join(folder, "predicate.json"), '{"tests":412,"failures":0,"ratio":0.5,"note":"– ok"}');
      await cosign("generate-key-pair");
    });
    afterAll(() => rm(folder, { recursive: true }));

    /** Runs cosign in the folder, with nothing of the user's own; what it prints. */
    async function cosign(...args: string[]): Promise<string> {
      const env = { PATH: process.env.PATH, HOME: folder, COSIGN_PASSWORD: "passphrase", COSIGN_YES: "true" };
      const { stdout, stderr } = await promisify(execFile)(COSIGN, args, { cwd: folder, env });
      return stdout + stderr;
    }

    const verifyArgs = (bundle: string, key: string) =>
      ["verify-blob-attestation", "--key", key, "--bundle", bundle, "--insecure-ignore-tlog"] as const;

    /** Writes a bundle of ours about the manifest, and the public key beside it. */
    async function ours(type: string, kind: KeyKind = "ec", change: (json: unknown) => void = () => {}) {
      const key = newKey(kind);
      const subjects = [{ name: "1.1.0.json", sha256: sha256(MANIFEST) }];
      const bytes = await signStatement(buildStatement(subjects, type, { stack: "prod", verdict: "GO" }), key);
      await writeFile(join(folder, "ours.pub"), key.publicKeyPem);
      const json = bundleJson(bytes);
      change(json);
      await writeFile(join(folder, "ours.json"), bytesOf(json));
      return verifyArgs("ours.json", "ours.pub");
    }

    it.each([
      ["ec", VOTE],
      ["ec", VSA],
      ["rsa", VOTE],
      ["ed25519", VOTE],
    ] as const)("accepts our bundle signed with %s, of type %s", async (kind, type) => {
      expect(await cosign(...(await ours(type, kind)), "--type", type, "1.1.0.json")).toContain("Verified OK");
    });

    it("accepts our bundle of its own default type with no --type", async () => {
      expect(await cosign(...(await ours(COSIGN_CUSTOM)), "1.1.0.json")).toContain("Verified OK");
    });

    it("refuses our bundle about another file, or by another key", async () => {
      const args = await ours(VOTE);
      await expect(cosign(...args, "--type", VOTE, "predicate.json")).rejects.toThrow(/digest/);
      const otherKey = verifyArgs("ours.json", "cosign.pub");
      await expect(cosign(...otherKey, "--type", VOTE, "1.1.0.json")).rejects.toThrow(/Command failed/);
    });

    it("refuses what we refuse: a keyid, an extra signature, an unknown field", async () => {
      // biome-ignore lint/suspicious/noExplicitAny: any place of a bundle
      const changes: ((json: any) => void)[] = [
        (json) => (json.dsseEnvelope.signatures[0].keyid = "ann"),
        (json) => json.dsseEnvelope.signatures.push({ sig: "AAAA" }),
        (json) => (json.extra = 1),
      ];
      for (const change of changes) {
        const args = await ours(VOTE, "ec", change);
        await expect(cosign(...args, "--type", VOTE, "1.1.0.json")).rejects.toThrow(/Command failed/);
      }
    });

    it.each([["log"], ["stamp"]] as const)(
      "accepts our keyless bundle seen by a %s, and for its identity only",
      async (seenBy) => {
        const [issuer, identity] = ["https://token.lab.test", "https://git.lab.test/team/ci.yaml"];
        const lab = await startSigstoreLab();
        try {
          const statement = buildStatement([{ name: "1.1.0.json", sha256: sha256(MANIFEST) }], VOTE, { verdict: "GO" });
          const witness = seenBy === "log" ? { rekorUrl: lab.url } : { tsaUrl: lab.url };
          const token = labToken(issuer, identity);
          const bytes = await signStatementKeyless(statement, { fulcioUrl: lab.url, ...witness, token });
          await writeFile(join(folder, "keyless.json"), bytes);
          await writeFile(join(folder, "root.json"), lab.rootFile().bytes);
        } finally {
          await lab.close();
        }
        const bundle = [
          "verify-blob-attestation",
          "--bundle",
          "keyless.json",
          "--trusted-root",
          "root.json",
          "--type",
          VOTE,
        ];
        const time = seenBy === "log" ? [] : ["--use-signed-timestamps", "--insecure-ignore-tlog"];
        const signedBy = (subject: string) =>
          cosign(
            ...bundle,
            ...time,
            "--certificate-oidc-issuer",
            issuer,
            "--certificate-identity",
            subject,
            "1.1.0.json",
          );
        expect(await signedBy(identity)).toContain("Verified OK");
        await expect(signedBy(`${identity}2`)).rejects.toThrow(/identity/);
      },
    );

    /** A bundle that cosign makes of a predicate file. */
    async function theirs(type: string): Promise<Uint8Array> {
      const to = ["--key", "cosign.key", "--bundle", "theirs.json", "--new-bundle-format", "--type", type];
      const offline = ["--tlog-upload=false", "--use-signing-config=false"];
      await cosign("attest-blob", ...to, ...offline, "--predicate", "predicate.json", "1.1.0.json");
      return readFile(join(folder, "theirs.json"));
    }

    it.each([
      [predicateType("test-result"), predicateType("test-result")],
      ["custom", COSIGN_CUSTOM],
    ])("makes bundles of type %s that we accept", async (type, uri) => {
      const bytes = await theirs(type);
      const pem = await readFile(join(folder, "cosign.pub"), "utf8");
      const { statement, signer } = verifyBundle(bytes, keyRing([trusted("ci", { pem })]), { now: NOW });
      expect(signer.person).toBe("ci");
      expect(statement.subject).toEqual([{ name: "1.1.0.json", digest: { sha256: sha256(MANIFEST) } }]);
      expect(statement.predicateType).toBe(uri);
      const data = type === "custom" ? JSON.parse(String(statement.predicate.Data)) : statement.predicate;
      expect(data).toEqual({ tests: 412, failures: 0, ratio: 0.5, note: "– ok" });
    });

    it("makes bundles that we refuse when changed, or when the key is a stranger's", async () => {
      const bytes = await theirs("custom");
      const pem = await readFile(join(folder, "cosign.pub"), "utf8");
      const json = bundleJson(bytes);
      json.dsseEnvelope.payload = Buffer.from("{}").toString("base64");
      const ring = keyRing([trusted("ci", { pem })]);
      expect(refusal(() => verifyBundle(bytesOf(json), ring, { now: NOW })).code).toBe("bad-signature");
      const strangers = keyRing([trusted("ann", { pem: newKey().publicKeyPem })]);
      expect(refusal(() => verifyBundle(bytes, strangers, { now: NOW })).code).toBe("unknown-key");
    });
  },
);
