import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { addKey } from "../../cli/approve/people.ts";
import { loadPemSigner, newKeyPair } from "../../signing/pem.ts";
import { Approval, PASSPHRASE, runVerb } from "./approval.ts";
import { start } from "./checkout.ts";

const PROJECT = join(import.meta.dirname, "../..");
const PEOPLE = "catalog/trust/people.yaml";

async function repository(): Promise<Approval> {
  const checkout = new Approval({ ".gitignore": ".keys/\n" });
  await checkout.git("init", "--quiet");
  return checkout;
}

describe("keys new", () => {
  it("makes an encrypted key that only its owner reads, and lists its public half", async () => {
    const checkout = await repository();
    const before = parseDocument(checkout.read(PEOPLE)).toJS();
    const { code, stdout } = await checkout.process(["keys", "new", "lead"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("private half   .keys/lead.pem") });
    const file = join(checkout.root, ".keys/lead.pem");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(checkout.read(".keys/lead.pem")).toContain("-----BEGIN ENCRYPTED PRIVATE KEY-----");
    const signer = await loadPemSigner(file, { passphrase: PASSPHRASE });
    const after = parseDocument(checkout.read(PEOPLE)).toJS();
    expect(after.people.lead.keys).toEqual([{ from: expect.any(String), pem: signer.publicKeyPem }]);
    expect(Math.abs(Date.parse(after.people.lead.keys[0].from) - Date.now())).toBeLessThan(60_000);
    delete after.people.lead.keys;
    expect(after).toEqual(before);
    expect(checkout.read(PEOPLE).split("\n")[0]).toBe("# Who is who.");
  });

  it("signs what counts at once", async () => {
    const checkout = await repository();
    await checkout.verb(["keys", "new", "tester", "--json"]);
    const args = ["vote", "web", "1.1.0", "--for", "prod", "--role", "qa", "--nogo", "--reason", "no", "--key"];
    const { code } = await checkout.verb([...args, join(checkout.root, ".keys/tester.pem")]);
    expect(code).toBe(0);
  });

  it("adds a second key beside the first, whose records keep counting", async () => {
    const checkout = await repository();
    await checkout.withTestedRelease();
    await checkout.vote("tester", "qa");
    expect((await checkout.verb(["keys", "new", "tester"])).code).toBe(0);
    expect(parseDocument(checkout.read(PEOPLE)).toJS().people.tester.keys).toHaveLength(2);
    expect(await checkout.open()).toEqual(["vote:module-lead"]);
  });

  it("adds somebody new under a name, and asks for the name where it is missing", async () => {
    const checkout = await repository();
    const nameless = await checkout.verb(["keys", "new", "grace"]);
    expect(nameless).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("is nobody yet: give their name with --name"),
    });
    expect(existsSync(join(checkout.root, ".keys"))).toBe(false);
    expect((await checkout.verb(["keys", "new", "grace", "--name", "Grace: quality"])).code).toBe(0);
    expect(parseDocument(checkout.read(PEOPLE)).toJS().people.grace).toMatchObject({ name: "Grace: quality" });
  });

  it("overwrites no key, and leaves people.yaml as it is then", async () => {
    const checkout = await repository();
    await checkout.verb(["keys", "new", "lead"]);
    const before = checkout.snapshot();
    const { code, stderr } = await checkout.verb(["keys", "new", "lead"]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("no key is ever overwritten") });
    expect(checkout.snapshot()).toEqual(before);
  });

  it("writes no private key where git would take it", async () => {
    const checkout = await repository();
    const out = join(checkout.root, "lead.pem");
    const { code, stderr } = await checkout.verb(["keys", "new", "lead", "--out", out]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining("--out: git does not ignore this file"),
    });
    expect(existsSync(out)).toBe(false);
  });

  it("only prints the public half with --print-only", async () => {
    const checkout = await repository();
    const before = checkout.read(PEOPLE);
    const { code, stdout } = await checkout.verb(["keys", "new", "lead", "--print-only"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("-----BEGIN PUBLIC KEY-----") });
    expect(checkout.read(PEOPLE)).toBe(before);
  });

  it("wants a passphrase, and one that is long enough", async () => {
    const checkout = await repository();
    const run = (passphrase: string) =>
      start(process.execPath, [join(import.meta.dirname, "../../cli/main.ts"), "keys", "new", "lead"], checkout.root, {
        IMPRIMATUR_PASSPHRASE: passphrase,
      });
    expect(await run("")).toMatchObject({ code: 2, stderr: expect.stringContaining("IMPRIMATUR_PASSPHRASE: set it") });
    expect(await run("short")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("must have at least 12 characters"),
    });
    expect(existsSync(join(checkout.root, ".keys"))).toBe(false);
  });

  it("takes no name that could lead elsewhere", async () => {
    const checkout = await repository();
    const { code, stderr } = await checkout.verb(["keys", "new", "../lead", "--name", "x"]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("must be lower-case letters") });
  });
});

describe("keys check", () => {
  it("passes a repository whose keys git ignores", async () => {
    const checkout = await repository();
    await checkout.verb(["keys", "new", "lead"]);
    await checkout.git("add", "--all");
    const { code, stdout } = await checkout.verb(["keys", "check"]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^no private key in \d+ files that git tracks\n$/),
    });
  });

  it("refuses a staged key, also when the file is gone or clean by now, and as a pre-commit hook stops the commit", async () => {
    const checkout = await repository();
    await checkout.verb(["keys", "new", "lead"]);
    checkout.write("notes.txt", `remember:\n${checkout.read(".keys/lead.pem")}`);
    const untracked = await checkout.verb(["keys", "check"]);
    expect(untracked.code).toBe(0);
    await checkout.git("add", "--all");
    checkout.write("notes.txt", "nothing\n");
    const staged = await checkout.process(["keys", "check"]);
    expect(staged).toMatchObject({ code: 1, stdout: expect.stringContaining("✘ notes.txt:2 ENCRYPTED PRIVATE KEY") });
    const command = join(import.meta.dirname, "../../cli/main.ts");
    checkout.write(".git/hooks/pre-commit", `#!/bin/sh\nexec "${process.execPath}" "${command}" keys check\n`);
    await start("chmod", ["+x", ".git/hooks/pre-commit"], checkout.root);
    expect((await checkout.git("commit", "--quiet", "-m", "notes")).code).toBe(1);
    await checkout.git("add", "--all");
    expect((await checkout.git("commit", "--quiet", "-m", "notes")).code).toBe(0);
  });

  it("finds what a tracked file holds by now, before it is staged", async () => {
    const checkout = await repository();
    await checkout.git("add", "--all");
    await checkout.verb(["keys", "new", "lead"]);
    checkout.write("Pulumi.yaml", `# ${checkout.read(".keys/lead.pem").replaceAll("\n", "\n# ")}`);
    const { code, stdout } = await checkout.verb(["keys", "check", "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout).findings).toEqual([{ path: "Pulumi.yaml", line: 1, kind: "ENCRYPTED PRIVATE KEY" }]);
  });

  it.skipIf(!existsSync(join(PROJECT, ".git")))("finds none in this project", async () => {
    const { code, stdout } = await runVerb(["-C", PROJECT, "keys", "check"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("no private key in") });
  });

  it("is bad input outside a repository", async () => {
    const { code, stderr } = await new Approval().verb(["keys", "check"]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("is in no git repository") });
  });
});

describe("addKey", () => {
  const { publicKeyPem } = newKeyPair(PASSPHRASE);
  const key = { publicKeyPem, from: "2026-01-01T00:00:00Z" };
  const lines = (indent: string, pem = publicKeyPem) =>
    `${indent}- from: 2026-01-01T00:00:00Z\n${indent}  pem: |\n${pem.replace(/^(?=.)/gm, `${indent}    `)}`;
  const tail = "\n# roles\nroles: {}   # none\n";

  it.each([
    ["to a person over lines", "people:\n  a:\n    name: A # first\n  b: { name: B }\n", "a"],
    ["to a person in one line", "people:\n  a: { name: A } # first\n  b: { name: B }\n", "a"],
    ["to a person with no keys", "people:\n  a:\n    name: A # first\n    keys: []\n  b: { name: B }\n", "a"],
    ["to somebody new, behind the others", "people:\n  a: { name: A }\n", "c"],
    ["to the first of all", "people: {}\n", "c"],
  ])("adds a key %s, and leaves what is about others as it is", (_, people, person) => {
    const after = addKey(people + tail, person, "C", key);
    const { [person]: changed, ...others } = parseDocument(after).toJS().people;
    expect(changed).toEqual({ name: person.toUpperCase(), keys: [{ from: key.from, pem: publicKeyPem }] });
    const { [person]: _before, ...othersBefore } = parseDocument(people).toJS().people;
    expect(others).toEqual(othersBefore);
    expect(after.endsWith(`-----END PUBLIC KEY-----\n${tail}`) || after.endsWith(`  b: { name: B }\n${tail}`)).toBe(
      true,
    );
    expect(after.includes("# first")).toBe(people.includes("# first"));
  });

  it("adds a key behind those that are there, and changes no line", () => {
    const before = addKey(`people:\n  a: { name: A }\n  b: { name: B }\n${tail}`, "a", undefined, key);
    const second = { ...key, publicKeyPem: newKeyPair(PASSPHRASE).publicKeyPem };
    const after = addKey(before, "a", undefined, second);
    const own = lines("      ");
    expect(before).toContain(own);
    expect(after).toBe(before.replace(own, own + lines("      ", second.publicKeyPem)));
  });
});
