import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Plan, planText } from "../release/plan.ts";

const root = join(import.meta.dirname, "..");
const imprimatur = (...args: string[]) =>
  spawnSync(process.execPath, ["cli/main.ts", ...args], { cwd: root, encoding: "utf8" });

describe("the committed plans", () => {
  const stacks = readdirSync(join(root, "plans"));

  it("are there for every stack", () => {
    expect(stacks).toEqual(["dev.json", "prod-gate.json", "prod.json", "staging-gate.json", "staging.json"]);
  });

  it("are what the program makes; `npx imprimatur plan --write` renews them", () => {
    const { status, stdout, stderr } = imprimatur("plan");
    expect(`${stdout}${stderr}`).toContain("up to date");
    expect(status).toBe(0);
  });

  it.each(stacks)("%s is in canonical form", (file) => {
    const text = readFileSync(join(root, "plans", file), "utf8");
    const { $schema: _, ...plan } = Plan.parse(JSON.parse(text));
    expect(planText(plan)).toBe(text);
  });

  it.each(stacks)("%s gives every Kubernetes object a name of its own", (file) => {
    const { resources } = Plan.parse(JSON.parse(readFileSync(join(root, "plans", file), "utf8")));
    const objects = resources.filter(({ type }) => type.startsWith("kubernetes:"));
    expect(objects.length).toBeGreaterThan(10);
    const unnamed = objects.filter(({ inputs, type }) => {
      const named = type.startsWith("kubernetes:helm.sh/") ? inputs : (inputs.metadata as Record<string, unknown>);
      return typeof named?.name !== "string" || named.name === "";
    });
    expect(unnamed.map(({ urn }) => urn)).toEqual([]);
  });
});

describe("npm start", () => {
  it("shows the three stacks with every module of the catalogue, and exits 0", () => {
    const output = execFileSync("npm", ["start", "--silent"], { cwd: root, encoding: "utf8" });
    for (const stack of ["dev", "staging", "prod"]) expect(output).toMatch(new RegExp(`^${stack} +class `, "m"));
    const modules = readdirSync(join(root, "catalog/modules")).map((file) => file.replace(".yaml", ""));
    for (const module of modules) expect(output.match(new RegExp(`^ .* ${module} `, "gm"))).toHaveLength(3);
  });

  it("gives the same bytes twice as JSON", () => {
    const [first, second] = [imprimatur("preview", "--json"), imprimatur("preview", "--json")];
    expect(first.status).toBe(0);
    expect(second.stdout).toBe(first.stdout);
  });
});

describe("asking what would happen", () => {
  it("refuses an edge service in prod, naming policy, resource and remedy", () => {
    const { status, stdout } = imprimatur("preview", "prod", "--set", "skaha=edge");
    expect(status).toBe(1);
    expect(stdout).toMatch(/✘ channel\n +where +ModuleRelease skaha\n/);
    expect(stdout).toContain("npx imprimatur preview prod --set skaha=1.0.2");
  });

  it("lists what an unblessed version lacks", () => {
    const { status, stdout } = imprimatur("preview", "prod", "--set", "skaha=1.1.0");
    expect(status).toBe(1);
    expect(stdout).toContain("skaha 1.1.0 (1.1.0@sha256:");
    for (const missing of ["load-test in staging", "module-lead: 0 of 1 GO", "qa: 0 of 1 GO"])
      expect(stdout).toContain(missing);
  });

  it.each([
    [
      "skaha=9.9.9",
      '--set skaha: skaha has no release 9.9.9: there is no catalog/releases/skaha/9.9.9.json (got "9.9.9"; choose from "1.0.1", "1.0.2", "1.1.0",',
    ],
    ["sakha=1.0.2", '--set sakha: there is no such module in catalog/modules (got "sakha"; did you mean "skaha"?)'],
  ])("answers --set %s with the nearest valid one, and exits 2", (set, message) => {
    const { status, stderr } = imprimatur("preview", "prod", "--set", set);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
