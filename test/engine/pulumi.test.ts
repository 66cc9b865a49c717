import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { comparablePlan } from "../../engine/defaults.ts";
import type { StackResult } from "../../engine/engine.ts";
import { offlineEngine } from "../../engine/offline.ts";
import { available, pulumiEngine } from "../../engine/pulumi.ts";
import { findCli } from "../../engine/pulumiCli.ts";
import { failureOf, PROJECT, stackOf } from "./support.ts";

const PACK = { directory: "../pack" };
const tools = (process.env.PATH ?? "").split(delimiter);
const hasKubernetes = tools.some((folder) => existsSync(join(folder, "pulumi-resource-kubernetes")));

/** Only where the Pulumi CLI and its Kubernetes provider are on the PATH. */
describe.skipIf(findCli(process.env) === undefined || !hasKubernetes)("the real engine", { timeout: 60_000 }, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "engine-"));
    vi.stubEnv("PULUMI_HOME", join(folder, "home"));
    vi.stubEnv("PULUMI_BACKEND_URL", undefined);
    vi.stubEnv("PULUMI_ACCESS_TOKEN", undefined);
    vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "");
    vi.stubEnv("KUBECONFIG", join(folder, "none"));
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  test.each(["objects", "platform", "refuses"])("plans and judges %s as the offline engine does", async (name) => {
    const options = { root: PROJECT, pack: PACK };
    const [real] = await pulumiEngine.preview([stackOf(name)], options);
    const [offline] = await offlineEngine.preview([stackOf(name)], options);
    if (real === undefined || offline === undefined) throw new Error("a preview gives a result for each stack");
    expect(real.plan.resources.length).toBeGreaterThan(1);
    expect(real.plan).toEqual(comparablePlan(offline.plan));
    expect(real.verdicts).toEqual(offline.verdicts);
    expect(real.unjudged).toEqual([]);
    const errors = (result: StackResult) => result.log.filter(({ severity }) => severity === "error");
    expect(errors(real)).toEqual(errors(offline));
  });

  test.each(["badInput", "runError", "refusesAndThrows"])("fails on %s in the same words", async (name) => {
    const real = await failureOf(pulumiEngine.preview([stackOf(name)], { root: PROJECT }));
    const offline = await failureOf(offlineEngine.preview([stackOf(name)], { root: PROJECT }));
    expect(real.message).toBe(offline.message);
  });

  test("fails without a stack trace where a provider is missing, and downloads none", async () => {
    const { message } = await failureOf(pulumiEngine.preview([stackOf("references")], { root: PROJECT }));
    expect(message).toMatch(/^program\/index\.ts: no resource plugin 'pulumi-resource-fixture' found/);
    expect(message).not.toContain("\n    at ");
  });

  test("refuses a URN that is used twice", async () => {
    const { message } = await failureOf(pulumiEngine.preview([stackOf("duplicate")], { root: PROJECT }));
    expect(message).toMatch(
      /Duplicate resource URN 'urn:pulumi:dev::fixture::kubernetes:core\/v1:ConfigMap::(twice|also)'/,
    );
  });

  test("decrypts the settings of a stack with the key of its file", async () => {
    const root = join(folder, "encrypted");
    mkdirSync(root);
    writeFileSync(join(root, "Pulumi.yaml"), "name: fixture\nruntime: nodejs\n");
    vi.stubEnv("PULUMI_BACKEND_URL", pathToFileURL(root).href);
    vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "a passphrase");
    const cli = findCli(process.env)?.path ?? "";
    const pulumi = (...args: string[]) =>
      execFileSync(cli, [...args, "--non-interactive"], { cwd: root, stdio: "pipe" });
    pulumi("stack", "init", "dev");
    pulumi("config", "set", "--secret", "fixture:password", "hunter2", "--stack", "dev");
    vi.stubEnv("PULUMI_BACKEND_URL", undefined);
    const program = `const { Config } = require("@pulumi/pulumi");
      if (new Config("fixture").require("password") !== "hunter2") throw new Error("another password");`;
    writeFileSync(join(root, "package.json"), "{}");
    symlinkSync(fileURLToPath(new URL("../../node_modules", import.meta.url)), join(root, "node_modules"));
    writeFileSync(join(root, "index.js"), program);
    const stack = { name: "dev", config: {}, secretKeys: ["fixture:password"] };
    const [result] = await pulumiEngine.preview([stack], { root });
    expect(result?.plan.resources.map(({ name }) => name)).toEqual(["fixture-dev"]);
    vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "");
  });

  test("fails where a provider's check refuses a resource, also beside a policy that does", async () => {
    const { message } = await failureOf(pulumiEngine.preview([stackOf("badChart")], { root: PROJECT, pack: PACK }));
    expect(message).toContain("program/index.ts: kubernetes:helm.sh/v3:Release resource 'missing': property chart");
  });

  test("writes nothing into the project and leaves nothing behind", async () => {
    // A folder of its own: others preview at the same time.
    const temporary = join(folder, "temporary");
    mkdirSync(temporary);
    vi.stubEnv("TMPDIR", temporary);
    const leftovers = () => readdirSync(temporary).filter((name) => name.startsWith("imprimatur-"));
    const before = readdirSync(PROJECT);
    await pulumiEngine.preview([stackOf("objects")], { root: PROJECT });
    expect([readdirSync(PROJECT), leftovers()]).toEqual([before, []]);
    vi.stubEnv("TMPDIR", undefined);
  });

  test("uses the stack of a backend that has it, without changing it", async () => {
    const [state, project] = [join(folder, "state"), join(folder, "project")];
    mkdirSync(state);
    mkdirSync(project);
    writeFileSync(join(project, "Pulumi.yaml"), "name: fixture\nruntime: nodejs\n");
    vi.stubEnv("PULUMI_BACKEND_URL", `file://${state}`);
    execFileSync(findCli(process.env)?.path ?? "", ["stack", "init", "dev", "--non-interactive"], {
      cwd: project,
      stdio: "pipe",
    });
    expect(await available(PROJECT)).toEqual({ available: true });
    const file = join(state, ".pulumi/stacks/fixture/dev.json");
    const before = readFileSync(file, "utf8");
    const [result] = await pulumiEngine.preview([stackOf("objects")], { root: PROJECT });
    expect(result?.plan.resources.length).toBe(8);
    expect(readFileSync(file, "utf8")).toBe(before);
    vi.stubEnv("PULUMI_BACKEND_URL", undefined);
  });
});
