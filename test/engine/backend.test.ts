import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkPassphrase, chooseBackend } from "../../engine/backend.ts";
import { type Project, readProject } from "../../engine/project.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "backend-"));
  mkdirSync(join(folder, "home"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const env = () => ({ PULUMI_HOME: join(folder, "home") });

function project(more = ""): Project {
  writeFileSync(join(folder, "Pulumi.yaml"), `name: platform\nruntime: nodejs\n${more}`);
  writeFileSync(join(folder, "index.js"), "");
  return readProject(folder);
}

test("the first that says so chooses the backend: environment, project, login", () => {
  const asked = project("backend: { url: s3://of-the-project }\n");
  const named = { ...env(), PULUMI_BACKEND_URL: "s3://of-the-environment" };
  expect(chooseBackend(asked, named, false)).toEqual({
    url: "s3://of-the-environment",
    reason: "by PULUMI_BACKEND_URL",
  });
  expect(chooseBackend(asked, env(), false)).toEqual({ url: "s3://of-the-project", reason: "by Pulumi.yaml" });
  const token = { ...env(), PULUMI_ACCESS_TOKEN: "pul-test" };
  expect(chooseBackend(project(), token, false)).toEqual({ reason: "by PULUMI_ACCESS_TOKEN" });
  writeFileSync(join(folder, "home/credentials.json"), JSON.stringify({ current: "s3://of-the-login" }));
  expect(chooseBackend(project(), token, false)).toEqual({ url: "s3://of-the-login", reason: "by `pulumi login`" });
});

test("where nothing is chosen, a folder of the checkout will do for trying out, and for nothing else", () => {
  expect(() => chooseBackend(project(), env(), false)).toThrow("PULUMI_BACKEND_URL: no backend is chosen");
  expect(existsSync(join(folder, ".pulumi-state"))).toBe(false);
  const { url } = chooseBackend(project(), env(), true);
  expect(url).toBe(pathToFileURL(join(folder, ".pulumi-state")).href);
  expect(existsSync(join(folder, ".pulumi-state"))).toBe(true);
});

test("a passphrase is asked for before anything is started, unless a key service or Pulumi Cloud keeps the key", () => {
  const check = (url: string, own = {}) => checkPassphrase(project(), "dev", { url, reason: "" }, { ...env(), ...own });
  expect(() => check("s3://bucket")).toThrow(/^PULUMI_CONFIG_PASSPHRASE: is not set/);
  check("s3://bucket", { PULUMI_CONFIG_PASSPHRASE: "" });
  check("s3://bucket", { PULUMI_CONFIG_PASSPHRASE_FILE: "passphrase" });
  check("https://api.pulumi.com");
  writeFileSync(join(folder, "Pulumi.dev.yaml"), "secretsprovider: awskms://alias/state\n");
  check("s3://bucket");
});
