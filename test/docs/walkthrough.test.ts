import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { brokenLinks, Clone, commandsOf, PROJECT } from "./page.ts";

const page = readFileSync(join(PROJECT, "docs/walkthrough.md"), "utf8");

describe("docs/walkthrough.md", () => {
  const commands = commandsOf(page);

  it("takes under ten commands, and links to pages that are there", () => {
    const own = commands.filter(({ text }) => text.startsWith("npx imprimatur "));
    expect(own.length).toBeGreaterThan(5);
    expect(own.length).toBeLessThan(10);
    expect(own.filter(({ exits }) => exits === 1)).toHaveLength(2);
    expect(brokenLinks(page)).toEqual([]);
  });

  it("runs as it stands: every command ends and prints as the page says", { timeout: 120_000 }, async () => {
    const clone = await Clone.make();
    expect(await clone.expectAll(commands)).toEqual({ stderr: "" });

    const production = readFileSync(join(clone.root, "Pulumi.prod.yaml"), "utf8");
    expect(production).toMatch(/^ {4}hello: \[1\.0\.0@sha256:[0-9a-f]{64}\]$/m);
    expect(production).not.toContain("1.1.0");
    const ignored = await clone.start("git", ["status", "--porcelain", "--", ".keys"]);
    expect(ignored.stdout).toBe("");
    const verified = await clone.start("npx", ["imprimatur", "verify", "--json"]);
    expect(JSON.parse(verified.stdout)).toMatchObject({
      problems: [],
      checked: { manifests: 2, records: 5, ledgerEntries: 0, stacks: 3 },
    });
  });
});
