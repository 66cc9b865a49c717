import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { offlineEngine } from "../../engine/offline.ts";
import { runProgram } from "../../engine/program.ts";
import { readProject } from "../../engine/project.ts";
import { FIXTURES, failureOf, PROJECT, planned, previewCase, stackOf } from "./support.ts";

afterEach(() => vi.unstubAllEnvs());

test("results are in the order asked, each stack with its own URNs, and every phase is told", async () => {
  const phases: string[] = [];
  const names = ["prod", "dev", "staging"];
  const results = await offlineEngine.preview(
    names.map((name) => ({ ...stackOf("platform"), name })),
    {
      root: PROJECT,
      pack: { directory: "../pack" },
      onProgress: (stack, phase) => phases.push(`${stack} ${phase}`),
    },
  );
  expect(results.map(({ stack }) => stack)).toEqual(names);
  expect(results.map((result) => planned(result, "skaha").urn)).toEqual(
    names.map((name) => `urn:pulumi:${name}::fixture::fixture:index:Tenant::skaha`),
  );
  expect(results.map(({ verdicts }) => verdicts.length)).toEqual([6, 6, 6]);
  for (const name of names) {
    const own = phases.filter((phase) => phase.startsWith(`${name} `));
    expect(own).toEqual([`${name} program`, `${name} policies`, `${name} done`]);
  }
});

test("the problems of all stacks come together, each once", async () => {
  const stacks = [
    stackOf("badInput"),
    { ...stackOf("badInput"), name: "prod" },
    { ...stackOf("runError"), name: "x" },
    { ...stackOf("throws"), name: "y" },
  ];
  const { message } = await failureOf(offlineEngine.preview(stacks, { root: PROJECT }));
  expect(message.split("\n")).toEqual([
    expect.stringMatching(/^Pulumi\.prod\.yaml:7 /),
    "catalog/modules/cavern.yaml: a line",
    "and another one",
    "program/index.ts: Cannot read properties of undefined (reading '0')",
    expect.stringContaining("the invoke of fixture:index:getZone"),
  ]);
});

test("without a pack a stack has no verdict", async () => {
  expect((await previewCase("platform")).verdicts).toEqual([]);
});

test("the environment of whoever runs the preview does not reach the program, unless it is given", async () => {
  vi.stubEnv("KUBECONFIG", "/home/somebody/.kube/config");
  vi.stubEnv("PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY", "false");
  vi.stubEnv("NODE_OPTIONS", "--no-warnings");
  const project = readProject(PROJECT);
  const { raw } = await runProgram(project, stackOf("environment"), { GIVEN: "yes" });
  const inputs = (name: string) => raw.find((resource) => resource.name === name)?.inputs;
  expect(inputs("ambient")).toEqual({ version: expect.stringMatching(/^4\./) });
  expect(raw.find(({ name }) => name === "fixture-dev")?.outputs).toEqual({ variables: ["GIVEN"] });
});

test("a missing or unfit project is refused by file and key", () => {
  expect(() => readProject(join(FIXTURES, "pack"))).toThrow(/^Pulumi\.yaml: there is none in .*fixtures\/pack$/);
});

test("a program does not outlive the process that started it", { timeout: 30_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "engine-"));
  const pidFile = join(folder, "pid");
  const parent = spawn(process.execPath, [join(FIXTURES, "parent.ts"), PROJECT, pidFile], { stdio: "inherit" });
  try {
    await vi.waitUntil(() => existsSync(pidFile) && readFileSync(pidFile, "utf8") !== "", { timeout: 15_000 });
    const pid = Number(readFileSync(pidFile, "utf8"));
    expect(isAlive(pid)).toBe(true);
    parent.kill("SIGKILL");
    await vi.waitUntil(() => !isAlive(pid), { timeout: 5_000 });
  } finally {
    parent.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  }
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
