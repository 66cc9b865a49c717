import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { version } from "@pulumi/pulumi/version.js";
import { afterEach, beforeEach, expect, test } from "vitest";
import { requireCli } from "../../engine/installCli.ts";
import { sha256 } from "../../release/json.ts";

let folder: string;
let server: Server;
let env: Record<string, string>;
/** What the mirror has, by the last part of the path. */
const published = new Map<string, Uint8Array | string>();
const said: string[] = [];

/** An archive of a program that says its version, laid out as the real one. */
function archive(): Buffer {
  mkdirSync(join(folder, "pulumi"));
  writeFileSync(join(folder, "pulumi/pulumi"), `#!/bin/sh\necho v${version}\n`);
  chmodSync(join(folder, "pulumi/pulumi"), 0o755);
  execFileSync("tar", ["-czf", join(folder, "archive.tar.gz"), "-C", folder, "pulumi"]);
  return readFileSync(join(folder, "archive.tar.gz"));
}

const NAMES = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"].map(
  (name) => `pulumi-v${version}-${name}.tar.gz`,
);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "install-"));
  said.length = 0;
  published.clear();
  const bytes = archive();
  for (const name of NAMES) published.set(name, bytes);
  published.set(`pulumi-${version}-checksums.txt`, NAMES.map((name) => `${sha256(bytes)}  ${name}\n`).join(""));
  server = createServer(({ url = "" }, response) => {
    const found = published.get(url.split("/").at(-1) ?? "");
    response.writeHead(found !== undefined && url.startsWith(`/v${version}/`) ? 200 : 404).end(found);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  env = { PATH: "", PULUMI_HOME: join(folder, "home"), IMPRIMATUR_PULUMI_RELEASES: `http://127.0.0.1:${port}` };
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const get = (more: Record<string, string> = {}) => requireCli({ ...env, ...more }, (text) => said.push(text));
const installed = () => join(folder, "home/versions", version, "bin/pulumi");

test("the CLI of the SDK's version is downloaded, checked and put into the Pulumi home, which is said", async () => {
  const { path } = await get();
  expect(path).toBe(installed());
  expect(execFileSync(path, { encoding: "utf8" })).toBe(`v${version}\n`);
  expect(said).toEqual([expect.stringContaining(`downloading ${version} from http://127.0.0.1`)]);
  expect(readdirSync(join(folder, "home/versions"))).toEqual([version]);
  // The second time it is there.
  expect((await get()).path).toBe(installed());
  expect(said).toHaveLength(1);
});

test("what has another checksum than the published one is not installed", async () => {
  for (const name of NAMES) published.set(name, "something else");
  await expect(get()).rejects.toThrow(/has the SHA-256 [0-9a-f]{64}, not [0-9a-f]{64}: nothing was installed/);
  expect(existsSync(installed())).toBe(false);
});

test("in CI the checksum is pinned, and only that one counts", async () => {
  await expect(get({ CI: "true" })).rejects.toThrow("IMPRIMATUR_PULUMI_SHA256");
  await expect(get({ CI: "true", IMPRIMATUR_PULUMI_SHA256: "0".repeat(64) })).rejects.toThrow("nothing was installed");
  const pin = sha256(readFileSync(join(folder, "archive.tar.gz")));
  expect((await get({ CI: "true", IMPRIMATUR_PULUMI_SHA256: pin })).path).toBe(installed());
});

test("an archive that is not there is named", async () => {
  published.clear();
  await expect(get()).rejects.toThrow(/^pulumi: http:\S+\.tar\.gz answered 404/);
});
