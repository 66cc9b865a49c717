import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { askCredentialHelper } from "../../registry/credentialHelper.ts";
import { credentialsFor } from "../../registry/credentials.ts";

const directory = mkdtempSync(join(tmpdir(), "imprimatur-helpers-"));
afterAll(() => rmSync(directory, { recursive: true }));
const env = { PATH: `${directory}${delimiter}${process.env.PATH}`, DOCKER_CONFIG: directory };

/** A helper that answers with what a shell script prints. */
function helper(name: string, script: string): void {
  writeFileSync(join(directory, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`);
  chmodSync(join(directory, `docker-credential-${name}`), 0o755);
}

describe("askCredentialHelper", () => {
  it("gives the helper the registry, and takes what it answers", () => {
    helper("echo", `read server; echo "{\\"Username\\": \\"$1\\", \\"Secret\\": \\"$server\\"}"`);
    expect(askCredentialHelper("echo", "registry.test", env)).toEqual({ user: "get", password: "registry.test" });
  });

  it.each([
    ["says that it knows nothing", "echo credentials not found; exit 1"],
    ["answers with something else", "echo hello"],
    ["has an identity token", `echo '{"Username": "<token>", "Secret": "x"}'`],
    ["has no password", `echo '{"Username": "u", "Secret": ""}'`],
  ])("has none where the helper %s", (_, script) => {
    helper("none", script);
    expect(askCredentialHelper("none", "registry.test", env)).toBeUndefined();
  });

  it.each(["absent", "../echo", "a b", ""])("runs no helper %j", (name) => {
    expect(askCredentialHelper(name, "registry.test", env)).toBeUndefined();
  });
});

it("asks the helper of the registry, then the one for all, and neither where the file has a login", () => {
  helper("one", `echo '{"Username": "one", "Secret": "1"}'`);
  helper("all", `read server; echo "{\\"Username\\": \\"all\\", \\"Secret\\": \\"$server\\"}"`);
  const auth = Buffer.from("file:secret").toString("base64");
  const config = {
    auths: { "file.test": { auth }, "all.test": {} },
    credHelpers: { "one.test": "one" },
    credsStore: "all",
  };
  writeFileSync(join(directory, "config.json"), JSON.stringify(config));
  const credentials = credentialsFor([], env);

  expect(["file.test", "one.test", "all.test", "docker.io"].map(credentials)).toEqual([
    { user: "file", password: "secret" },
    { user: "one", password: "1" },
    { user: "all", password: "all.test" },
    { user: "all", password: "https://index.docker.io/v1/" },
  ]);
});
