import { generateKeyPairSync } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { newKeyPair } from "../../signing/pem.ts";
import { findPrivateKeys } from "../../signing/private-keys.ts";

const PASSPHRASE = "correct horse battery";
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pkcs8 = ec.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const body = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtz".padEnd(70, "A");
/** Written in two parts, so that this file does not hold what it looks for. */
const block = (kind: string) => `-----BEGIN ${kind}-----\n${body}\n-----END ${kind}-----\n`;
const find = (bytes: Uint8Array | string, path = "a") => findPrivateKeys([{ path, bytes: Buffer.from(bytes) }]);
const kinds = (bytes: Uint8Array | string) => find(bytes).map(({ kind }) => kind);

describe("findPrivateKeys", () => {
  it.each([
    ["PKCS#8", pkcs8, "PRIVATE KEY"],
    ["encrypted PKCS#8", newKeyPair(PASSPHRASE).privateKeyPem, "ENCRYPTED PRIVATE KEY"],
    ["SEC 1", ec.privateKey.export({ type: "sec1", format: "pem" }), "EC PRIVATE KEY"],
    ["PKCS#1", rsa.privateKey.export({ type: "pkcs1", format: "pem" }), "RSA PRIVATE KEY"],
    ["OpenSSH", block(`OPENSSH ${"PRIVATE"} KEY`), "OPENSSH PRIVATE KEY"],
    ["PGP", block(`PGP ${"PRIVATE"} KEY BLOCK`), "PGP PRIVATE KEY BLOCK"],
    ["cosign", block(`ENCRYPTED COSIGN ${"PRIVATE"} KEY`), "ENCRYPTED COSIGN PRIVATE KEY"],
    ["sigstore", block(`ENCRYPTED SIGSTORE ${"PRIVATE"} KEY`), "ENCRYPTED SIGSTORE PRIVATE KEY"],
    ["indented YAML", `key: |\n${pkcs8.replaceAll(/^/gm, "    ")}`, "PRIVATE KEY"],
    ["a JSON text", JSON.stringify({ key: pkcs8 }), "PRIVATE KEY"],
    ["Windows line ends", pkcs8.replaceAll("\n", "\r\n"), "PRIVATE KEY"],
    ["UTF-16", Buffer.from(pkcs8, "utf16le"), "PRIVATE KEY"],
    ["base64", `tls.key: ${Buffer.from(pkcs8).toString("base64")}`, "PRIVATE KEY in base64"],
    ["DER", ec.privateKey.export({ type: "pkcs8", format: "der" }), "PRIVATE KEY in DER"],
    ["DER, SEC 1", ec.privateKey.export({ type: "sec1", format: "der" }), "PRIVATE KEY in DER"],
    ["DER, PKCS#1", rsa.privateKey.export({ type: "pkcs1", format: "der" }), "PRIVATE KEY in DER"],
    [
      "DER, encrypted",
      ec.privateKey.export({ type: "pkcs8", format: "der", cipher: "aes-256-cbc", passphrase: PASSPHRASE }),
      "PRIVATE KEY in DER",
    ],
    ["a JSON Web Key", JSON.stringify(ec.privateKey.export({ format: "jwk" })), "private JSON Web Key"],
    [
      "AWS credentials",
      `aws_secret_access_key = ${"wJalrXUtnFEMI/K7MDENG/".padEnd(40, "x")}\n`,
      "AWS secret access key",
    ],
    ["an AWS variable", `AWS_SECRET_ACCESS_KEY="${"a+b/".repeat(10)}"`, "AWS secret access key"],
    ["an age key", `AGE-SECRET-KEY-1${"Q".repeat(58)}`, "age secret key"],
  ])("finds %s", (_, bytes, kind) => {
    expect(kinds(bytes)).toEqual([kind]);
  });

  it.each([
    ["a public key", newKeyPair(PASSPHRASE).publicKeyPem],
    ["a public key in DER", ec.publicKey.export({ type: "spki", format: "der" })],
    ["a public JSON Web Key", JSON.stringify(ec.publicKey.export({ format: "jwk" }))],
    ["the bare header", "A PEM file starts with `-----BEGIN PRIVATE KEY-----` and holds base64."],
    ["a digest after the name of a secret", `aws_secret_access_key: ${"a".repeat(64)}`],
    ["nothing", ""],
    ["zeros", Buffer.alloc(100)],
  ])("leaves %s alone", (_, bytes) => {
    expect(kinds(bytes)).toEqual([]);
  });

  it("names every place, in order, and shows nothing of the secret", () => {
    const text = `first\n${pkcs8}between\naws_secret_access_key=${"x".repeat(40)}\n${pkcs8}`;
    const found = findPrivateKeys([
      { path: "clean", bytes: Buffer.from("text") },
      { path: "dirty", bytes: Buffer.from(text) },
    ]);
    const lines = pkcs8.trimEnd().split("\n").length;
    expect(found).toEqual([
      { path: "dirty", line: 2, kind: "PRIVATE KEY" },
      { path: "dirty", line: 3 + lines, kind: "AWS secret access key" },
      { path: "dirty", line: 4 + lines, kind: "PRIVATE KEY" },
    ]);
  });

  it("finds none in this room and its tests", () => {
    const sources = ["signing", "release/signing", "test/signing", "test/release/signing"].flatMap((folder) =>
      readdirSync(folder).map((name) => ({ path: join(folder, name), bytes: readFileSync(join(folder, name)) })),
    );
    expect(sources.length).toBeGreaterThan(15);
    expect(findPrivateKeys(sources)).toEqual([]);
  });

  it("takes time that grows with the size only", () => {
    const hostile = "-----BEGIN PRIVATE KEY-----".repeat(20_000);
    const started = performance.now();
    expect(find(hostile)).toEqual([]);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
