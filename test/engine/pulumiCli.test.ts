import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { available } from "../../engine/pulumi.ts";
import { cliEnvironment, findCli, hasBackend } from "../../engine/pulumiCli.ts";
import { PROJECT } from "./support.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "engine-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** An executable called `pulumi` in a folder below the test's own. */
function install(below: string, script = "exit 0"): string {
  const path = join(folder, below, "pulumi");
  mkdirSync(join(folder, below), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

test("the CLI on the PATH comes first, but never the launcher that would download it", () => {
  install("node_modules/.bin");
  const real = install("tools");
  const PATH = [join(folder, "node_modules/.bin"), join(folder, "tools")].join(delimiter);
  expect(findCli({ PATH, PULUMI_HOME: folder })?.path).toBe(real);
});

test("in the Pulumi home the newest version is taken, then what its installer put there", () => {
  const env = { PATH: "", PULUMI_HOME: folder };
  expect(findCli(env)).toBeUndefined();
  const installed = install("bin");
  expect(findCli(env)?.path).toBe(installed);
  install("versions/3.9.0/bin");
  install("versions/not-a-version/bin");
  const newest = install("versions/3.10.0/bin");
  expect(findCli(env)?.path).toBe(newest);
});

test("a backend is chosen by environment, project or login", () => {
  const env = { PULUMI_HOME: folder };
  expect(hasBackend(env, undefined)).toBe(false);
  expect(hasBackend({ ...env, PULUMI_BACKEND_URL: "file://~" }, undefined)).toBe(true);
  expect(hasBackend({ ...env, PULUMI_ACCESS_TOKEN: "t" }, undefined)).toBe(true);
  expect(hasBackend(env, "s3://bucket")).toBe(true);
  writeFileSync(join(folder, "credentials.json"), JSON.stringify({ current: "file://~" }));
  expect(hasBackend(env, undefined)).toBe(true);
});

test("the CLI gets the caller's credentials, and nothing that changes what a program registers", () => {
  const caller = { PATH: "/bin", AWS_PROFILE: "dev", PULUMI_K8S_ENABLE_PATCH_FORCE: "true", NODE_OPTIONS: "--x" };
  const env = cliEnvironment(caller, { GIVEN: "yes" });
  expect(env).toMatchObject({ AWS_PROFILE: "dev", GIVEN: "yes", PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" });
  expect(Object.keys(env)).not.toContain("PULUMI_K8S_ENABLE_PATCH_FORCE");
  expect(Object.keys(env)).not.toContain("NODE_OPTIONS");
});

test("whether the engine is available is told with the reason", async () => {
  const env = { PATH: "", PULUMI_HOME: folder };
  const missing = { available: false, reason: "the Pulumi CLI is neither on the PATH nor in its home" };
  expect(await available(PROJECT, env)).toEqual(missing);
  install("bin", 'echo "error: the bucket is gone" >&2; exit 1');
  const undecided = { available: false, reason: "no backend is chosen; see `pulumi login`" };
  expect(await available(PROJECT, env)).toEqual(undecided);
  const withBackend = { ...env, PATH: "/bin", PULUMI_BACKEND_URL: "s3://bucket" };
  const silent = { available: false, reason: "the backend does not answer: the bucket is gone" };
  expect(await available(PROJECT, withBackend)).toEqual(silent);
  install("bin", "echo '[]'");
  expect(await available(PROJECT, withBackend)).toEqual({ available: true });
});
