import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { start } from "../cli/checkout.ts";
import { commandsOf, DOCS, readPage, runPage, writeNpx } from "./page.ts";

const PROJECT = join(import.meta.dirname, "../..");
/** What a clone has besides what no command of the page needs. */
const LEFT_OUT = new Set(["node_modules", ".git", ".keys", "test", "bench", "docs", "coverage"]);

const page = readPage("walkthrough.md");

/** A clone of this project in a directory of its own, whose `npx` runs the clone's own command. */
async function clone(): Promise<{ root: string; path: string }> {
  const root = mkdtempSync(join(tmpdir(), "imprimatur-walkthrough-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const name of readdirSync(PROJECT).filter((entry) => !LEFT_OUT.has(entry))) {
    cpSync(join(PROJECT, name), join(root, name), { recursive: true });
  }
  symlinkSync(join(PROJECT, "node_modules"), join(root, "node_modules"));
  const path = join(root, ".git/shims");
  await start("git", ["init", "--quiet", "--initial-branch", "main"], root);
  writeNpx(path, join(root, "cli/main.ts"));
  const identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"];
  await start("git", ["add", "--all"], root);
  const { code } = await start("git", [...identity, "commit", "--quiet", "-m", "the template"], root);
  expect(code).toBe(0);
  return { root, path };
}

describe("docs/walkthrough.md", () => {
  const commands = commandsOf(page);

  it("takes under ten commands, and links to pages that are there", () => {
    const own = commands.filter(({ text }) => text.startsWith("npx imprimatur "));
    expect(own.length).toBeGreaterThan(5);
    expect(own.length).toBeLessThan(10);
    expect(own.filter(({ exits }) => exits === 1)).toHaveLength(2);
    const links = [...page.matchAll(/\]\(([^)#]+)\)/g)].map(([, target = ""]) => target);
    const pages = readdirSync(DOCS);
    expect(links.filter((link) => !pages.includes(link))).toEqual([]);
  });

  it("runs as it stands: every command ends and prints as the page says", { timeout: 120_000 }, async () => {
    const { root, path } = await clone();
    await runPage(commands, root, { PATH: `${path}:${process.env.PATH}` });

    const production = readFileSync(join(root, "Pulumi.prod.yaml"), "utf8");
    expect(production).toMatch(/\bhello: \[1\.0\.0@sha256:[0-9a-f]{64}\]/);
    expect(production).not.toContain("1.1.0");
    const ignored = await start("git", ["status", "--porcelain", "--", ".keys"], root);
    expect(ignored.stdout).toBe("");
    const verified = await start("npx", ["imprimatur", "verify", "--json"], root, {
      PATH: `${path}:${process.env.PATH}`,
    });
    expect(JSON.parse(verified.stdout)).toMatchObject({
      problems: [],
      checked: { manifests: 2, records: 5, ledgerEntries: 0, stacks: 3 },
    });
  });
});
