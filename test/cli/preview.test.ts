import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { PreviewReport } from "../../cli/report.ts";
import { schemaFiles } from "../../cli/schemas.ts";
import { Checkout, pin } from "./checkout.ts";

// Each run starts a program and a policy pack for every stack.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let checkout: Checkout;
beforeAll(async () => {
  checkout = new Checkout().withProgram();
  await checkout.git("init", "-q", "-b", "main");
});
afterAll(() => checkout.remove());

const preview = async (...args: string[]): Promise<PreviewReport> =>
  JSON.parse((await checkout.run("preview", "--json", ...args)).stdout);
const opsOf = (report: PreviewReport, stack: string) =>
  (report.stacks.find(({ name }) => name === stack)?.resources ?? [])
    .filter(({ op }) => op !== "same")
    .map(({ op, type, name }) => `${op} ${type.split(":").at(-1)} ${name}`);

describe("before anything is committed", () => {
  it("preview shows every stack and module as new, ends with 0 and prints the same bytes each time", async () => {
    const runs = await Promise.all([checkout.run("preview", "--json"), checkout.run("preview", "--json")]);
    expect(runs.map(({ code, stderr }) => ({ code, stderr }))).toEqual([
      { code: 0, stderr: "" },
      { code: 0, stderr: "" },
    ]);
    expect(runs[0]?.stdout).toBe(runs[1]?.stdout);
    const report: PreviewReport = JSON.parse(runs[0]?.stdout ?? "");
    const validate = new Ajv2020({ validateFormats: false }).compile(
      JSON.parse(schemaFiles().get("schemas/preview.json") ?? ""),
    );
    expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
    expect(report.base).toEqual({ reason: "this repository has no commit yet" });
    expect(
      report.stacks.map(({ name, compared, counts }) => [name, compared, counts.create === 0, counts.same]),
    ).toEqual([
      ["dev", false, false, 0],
      ["prod", false, false, 0],
    ]);
    const modules = report.stacks.map((stack) => stack.modules.map(({ name, version }) => `${name} ${version}`));
    expect(modules).toEqual([
      ["store 1.0.0", "web 1.2.0-edge.1"],
      ["store 1.0.0", "web 1.0.0"],
    ]);
  });

  it("plan says which plans are missing, and ends with 1", async () => {
    expect(await checkout.run("plan")).toEqual({
      code: 1,
      stdout: "plans/dev.json is out of date\nplans/prod.json is out of date\nnext: npx imprimatur plan --write\n",
      stderr: "",
    });
  });
});

describe("once plans are committed", () => {
  beforeAll(async () => {
    const written = await checkout.run("plan", "--write");
    expect(written).toEqual({ code: 0, stdout: "plans/dev.json written\nplans/prod.json written\n", stderr: "" });
    await checkout.git("add", "-A");
    await checkout.git("commit", "-q", "-m", "plans");
  });

  it("plan finds them up to date, and nothing to write", async () => {
    expect(await checkout.run("plan", "--write")).toEqual({
      code: 0,
      stdout: "all plans are up to date\n",
      stderr: "",
    });
  });

  it("nothing changes", async () => {
    const report = await preview("--engine", "offline");
    expect(report.base).toEqual({ commit: expect.stringMatching(/^[0-9a-f]{40}$/), reason: "merge base with main" });
    expect(report.engine).toEqual({ name: "offline", reason: "asked for with --engine" });
    const { same, ...changed } = report.counts;
    expect(changed).toEqual({ create: 0, update: 0, replace: 0, delete: 0 });
    expect(same).toBe(report.stacks.flatMap(({ resources }) => resources).length);
  });

  it("--set shows what would change, judges it, ends with 1 and writes nothing", async () => {
    const before = checkout.snapshot();
    const { code, stdout, stderr } = await checkout.run(
      "preview",
      "prod",
      "--set",
      "web=edge",
      "--at",
      "2026-07-24T15:00:00Z",
    );
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(stdout).toContain("judged    for 2026-07-24T15:00:00Z\nwhat if   web=edge\n");
    expect(stdout).toMatch(/^ {2}~ web +1\.0\.0 → 1\.2\.0-edge\.1 {2}edge/m);
    expect(stdout).toContain(`  ✘ channel
      where  ModuleRelease web
      why    web 1.2.0-edge.1 is of channel edge; prod admits a service module from stable on
      next   promote a release of channel stable or higher: npx imprimatur preview prod --set web=1.1.0
`);
    expect(stdout).toMatch(/✘ 1 stack, 0 allowed, 1 refused .*\n {2}prod by channel\n$/);
    expect(stdout).not.toContain("\u001b");
    expect(checkout.snapshot()).toEqual(before);
  });

  it("--json carries the same, with the pins", async () => {
    const report = await preview("prod", "--set", "web=1.1.0");
    const [previous, after] = ["1.0.0", "1.1.0"].map((version) => {
      const [, manifestDigest = ""] = pin("web", version).split("@");
      return { version, manifestDigest };
    });
    expect(report.stacks[0]?.pinChanges).toEqual([{ module: "web", before: previous, after }]);
    expect(report.stacks[0]?.modules.find(({ name }) => name === "web")?.previous).toEqual(previous);
    expect(opsOf(report, "prod")).toEqual([
      "update BlessedImage web/web",
      "update ConfigMap web/release",
      "update ReleaseRecord web/release",
      "update Release web",
      "update ModuleRelease web",
    ]);
  });

  it("--markdown writes the comment, besides what is printed", async () => {
    const { code, stdout } = await checkout.run("preview", "prod", "--set", "web=edge", "--markdown", "out/comment.md");
    expect(code).toBe(1);
    expect(stdout).toContain("✘ channel");
    expect(checkout.read("out/comment.md")).toMatch(/^<!-- imprimatur preview -->\n## ❌ 1 of 1 stack refused\n/);
  });

  it("--base takes another commit, and a branch is compared with where it left main", async () => {
    await checkout.git("switch", "-q", "-c", "feature");
    checkout.edit("Pulumi.prod.yaml", `[${pin("web", "1.0.0")}]`, `[${pin("web", "1.1.0")}]`);
    expect(await checkout.run("plan", "prod")).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^plans\/prod\.json is/),
    });
    await checkout.run("plan", "--write");
    await checkout.git("commit", "-qam", "feature");
    const pins = (report: PreviewReport) =>
      report.stacks.flatMap(({ pinChanges }) => pinChanges.map(({ module }) => module));
    expect(pins(await preview("prod"))).toEqual(["web"]);
    expect(pins(await preview("prod", "--base", "HEAD"))).toEqual([]);
    await checkout.git("switch", "-q", "main");
  });
});

describe("a program that fails", () => {
  it("a URN used twice is bad input: one line for each stack, no trace, nothing written", async () => {
    const broken = new Checkout().withProgram();
    try {
      const twice = 'const twice = () => new ComponentResource("test:index:Twice", "same");\ntwice();\ntwice();\n';
      broken.write("stacks/index.ts", `import { ComponentResource } from "@pulumi/pulumi";\n${twice}`);
      const before = broken.snapshot();
      const { code, stdout, stderr } = await broken.run("preview", "--markdown", "comment.md");
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      const lines = stderr.trimEnd().split("\n");
      expect(lines.map((line) => line.startsWith("error: stacks/index.ts: "))).toEqual([true, true]);
      expect(lines.map((line) => /urn:pulumi:(\w+)::imprimatur::test:index:Twice::same/.exec(line)?.[1])).toEqual([
        "dev",
        "prod",
      ]);
      expect(broken.snapshot()).toEqual(before);
    } finally {
      broken.remove();
    }
  });
});
