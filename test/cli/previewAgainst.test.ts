import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { start } from "./checkout.ts";

const project = join(import.meta.dirname, "../..");
const ROOMS = [
  "Pulumi.yaml",
  "Pulumi.prod.yaml",
  "package.json",
  "catalog",
  "components",
  "plans",
  "policies",
  "release",
  "stacks",
  "store",
];

/** The reference platform on a branch of its own, by somebody who would rather not be asked for much. */
describe("a pull request that relaxes what it is judged by", () => {
  const root = mkdtempSync(join(tmpdir(), "imprimatur-pr-"));
  const identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"];
  const git = (...args: string[]) => start("git", [...identity, ...args], root);
  const preview = (...args: string[]) =>
    start(process.execPath, [join(project, "cli/main.ts"), "preview", "prod", "--set", "skaha=1.1.0", ...args], root);

  beforeAll(async () => {
    for (const room of ROOMS) cpSync(join(project, room), join(root, room), { recursive: true });
    symlinkSync(join(project, "node_modules"), join(root, "node_modules"));
    writeFileSync(join(root, ".gitignore"), "node_modules\n");
    await git("init", "-q", "-b", "main");
    await git("add", "-A");
    await git("commit", "-qm", "protected");
    await git("checkout", "-qb", "hurry");
    const formality = join(root, "catalog/trust/formality.yaml");
    writeFileSync(formality, readFileSync(formality, "utf8").replace("blessed: [staging, prod]", "blessed: []"));
    await git("commit", "-qam", "ask for nothing");
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it("is believed by its own checkout", async () => {
    const { stdout } = await preview();
    expect(stdout).not.toContain("✘ blessed-releases");
  });

  it("is judged by the protected branch, in the program and in the pack", async () => {
    const { code, stdout } = await preview("--against", "main");
    expect(code).toBe(1);
    expect(stdout).toContain("✘ blessed-releases");
    expect(stdout).toContain("✘ blessed-images");
    expect(stdout).toContain("missing load-test in staging: none yet");
  });

  it("names the nearest branch where the one given is not there", async () => {
    const { code, stderr } = await preview("--against", "mian");
    expect(code).toBe(2);
    expect(stderr).toContain('--against: names no commit of this repository (got "mian"; did you mean "main"?)');
  });
});
