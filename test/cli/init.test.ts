import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { starterFiles } from "../../cli/approve/starter.ts";
import { newKeyPair } from "../../signing/pem.ts";
import { swapEntries } from "../../store/swap.ts";
import { type Approval, PASSPHRASE, referencePlatform } from "./approval.ts";

/** A clone of the template, committed. */
async function template(): Promise<Approval> {
  const checkout = referencePlatform();
  checkout.edit("catalog/trust/stacks.yaml", "stacks:", "judgedAt: 2026-08-06T22:00:00Z\nstacks:");
  checkout.write(".gitignore", ".keys/\n");
  checkout.write("plans/prod.json", "{}\n");
  const base = `registry.test/base@sha256:${"1".repeat(64)}`;
  const image = `module: roman-notebook\nimage: x\nbase: ${base}\nplatform: linux/amd64\nenvironments: {}\n`;
  checkout.write("deployments/roman/image.yaml", image);
  checkout.write("deployments/common/install-pip", "#!/bin/sh\n");
  await checkout.git("init", "--quiet");
  await checkout.git("add", "--all");
  await checkout.git("commit", "--quiet", "-m", "template");
  return checkout;
}

const INIT = ["init", "--name", "Ada Löwe", "--yes"];

describe("init", () => {
  it("replaces the reference platform's data by a platform of one's own, with two keys", async () => {
    const checkout = await template();
    const { code, stdout } = await checkout.process(INIT);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining("stacks dev, staging and prod, and the module hello"),
    });
    expect(readdirSync(checkout.root).filter((name) => name.startsWith(".imprimatur"))).toEqual([]);
    expect(readdirSync(join(checkout.root, "catalog"))).toEqual(["modules", "trust"]);
    expect(readdirSync(join(checkout.root, "catalog/modules"))).toEqual(["hello.yaml"]);
    expect(readdirSync(join(checkout.root, "plans"))).toEqual([".gitkeep"]);
    expect(readdirSync(join(checkout.root, "deployments"))).toEqual(["common"]);
    const people = parseDocument(checkout.read("catalog/trust/people.yaml")).toJS();
    expect(Object.keys(people.people)).toEqual(["pipeline", "ada-lowe"]);
    expect(people.people["ada-lowe"].name).toBe("Ada Löwe");
    for (const person of ["pipeline", "ada-lowe"]) {
      expect(statSync(join(checkout.root, `.keys/${person}.pem`)).mode & 0o777).toBe(0o600);
    }
    const verified = await checkout.verb(["verify", "--json"]);
    expect(JSON.parse(verified.stdout)).toMatchObject({ problems: [], checked: { stacks: 3 } });
    await checkout.git("add", "--all");
    expect((await checkout.verb(["keys", "check"])).code).toBe(0);
  });

  it("takes another module and registry, and a directory", async () => {
    const checkout = await template();
    const args = [checkout.root, "--module", "api", "--registry", "ghcr.io/ada", "--person", "ada"];
    const { code } = await checkout.verb([...INIT, ...args]);
    expect(code).toBe(0);
    expect(checkout.read("catalog/modules/api.yaml")).toContain("api: { repository: ghcr.io/ada/api }");
    expect(checkout.read("Pulumi.prod.yaml")).toContain("own: { url: ghcr.io/ada }");
  });

  it.each([
    ["without a yes", INIT.slice(0, -1), "replaces files: say yes on a terminal, or give --yes"],
    ["with a module that is no name", [...INIT, "--module", "My Module"], "--module: must be a DNS label"],
    ["with a registry that is none", [...INIT, "--registry", "https://x"], "--registry: must be a registry host"],
    ["with a name that gives no id", ["init", "--name", "阿達", "--yes"], "--person: give an id"],
    ["with the pipeline's id", [...INIT, "--person", "pipeline"], "--person: give an id"],
  ])("changes nothing %s", async (_, args, message) => {
    const checkout = await template();
    const before = checkout.snapshot();
    const { code, stderr } = await checkout.verb(args);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
    expect(checkout.snapshot()).toEqual(before);
  });

  it("replaces neither a platform of one's own nor what is not committed, but with --force", async () => {
    const checkout = await template();
    checkout.write("catalog/modules/skaha.yaml", `${checkout.read("catalog/modules/skaha.yaml")}# mine\n`);
    const changed = await checkout.verb(INIT);
    expect(changed).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("catalog/modules/skaha.yaml: is not committed"),
    });
    await checkout.git("checkout", "--quiet", "catalog");
    checkout.write("deployments/roman/MISSION_VERSION", "mine\n");
    const image = await checkout.verb(INIT);
    expect(image).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("deployments/roman/MISSION_VERSION: is not committed"),
    });
    expect((await checkout.verb([...INIT, "--force"])).code).toBe(0);
    const keys = await checkout.verb([...INIT, "--force"]);
    expect(keys).toMatchObject({ code: 2, stderr: expect.stringContaining("no key is ever overwritten") });
    rmSync(join(checkout.root, ".keys"), { recursive: true });
    const own = await checkout.verb(INIT);
    expect(own).toMatchObject({ code: 2, stderr: expect.stringContaining("is not the reference platform's any more") });
    expect(existsSync(join(checkout.root, ".keys"))).toBe(false);
  });

  it("makes no key where git would take it", async () => {
    const checkout = await template();
    rmSync(join(checkout.root, ".gitignore"));
    const { code, stderr } = await checkout.verb(INIT);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining("is not ignored by git: add .keys/ to .gitignore"),
    });
  });
});

describe("swapEntries", () => {
  it("puts everything back where one entry cannot be replaced", async () => {
    const checkout = await template();
    const before = checkout.snapshot();
    const files = new Map([["catalog/x", "new"]]);
    // A name in a folder that is a file: renaming it fails after catalog has been moved.
    expect(() =>
      swapEntries(checkout.root, ["catalog", "Pulumi.yaml/x"], new Map([...files, ["Pulumi.yaml/x", "new"]])),
    ).toThrow();
    expect(checkout.snapshot()).toEqual(before);
  });
});

describe("starterFiles", () => {
  it("asks production for a test result and its lead's vote, and lets nothing else decide", () => {
    const { publicKeyPem: key } = newKeyPair(PASSPHRASE);
    const { publicKeyPem: other } = newKeyPair(PASSPHRASE);
    const files = starterFiles({
      person: "ada",
      name: 'Ada "the first"',
      personKey: key,
      pipelineKey: other,
      from: "2026-01-01T00:00:00Z",
      module: "hello",
      registry: "ghcr.io/ada",
    });
    expect(files.get("catalog/trust/stacks.yaml")).not.toContain("judgedAt");
    const people = parseDocument(files.get("catalog/trust/people.yaml") ?? "").toJS();
    expect(people.people.ada).toEqual({ name: 'Ada "the first"', keys: [{ from: "2026-01-01T00:00:00Z", pem: key }] });
    expect(people.people.pipeline.keys[0].pem).toBe(other);
  });
});
