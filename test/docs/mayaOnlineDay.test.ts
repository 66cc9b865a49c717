import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { brokenLinks, Clone, commandsOf, PROJECT } from "./page.ts";

const page = readFileSync(join(PROJECT, "docs/a-release-day.md"), "utf8");
const section = /^## A MayaOnline day\n[\s\S]*?(?=^## |(?![\s\S]))/m.exec(page)?.[0] ?? "";

describe("docs/a-release-day.md, a MayaOnline day", () => {
  it("runs as it stands: every command ends and prints as the page says", { timeout: 300_000 }, async () => {
    const commands = commandsOf(section);
    expect(commands.length).toBeGreaterThan(30);
    expect(brokenLinks(section)).toEqual([]);
    const clone = await Clone.make();
    const { stderr } = await clone.expectAll(commands);
    const told = stderr.split("\n").filter((line) => /^(notice|reminder|tally) {2}/.test(line));
    expect(told.map((line) => line.replace(/decided at \S+;/, "decided;"))).toEqual([
      "notice  opened by maya-sre: go/no-go for prod   ○ open",
      expect.stringMatching(
        /^reminder {2}go\/no-go for prod is decided; still awaited for maya-io 2\.4\.1\+[0-9a-f]{7}:$/,
      ),
      "tally  go/no-go for prod   ✔ GO",
    ]);
    const tags = await clone.start("git", ["-C", "source", "for-each-ref", "--format=%(refname:short)"]);
    expect(tags.stdout).toMatch(/^master\nrelease\/(maya-io-2-4-1-[0-9a-f]{7})\n\1\nyesterday\n$/);
    const pinned = readFileSync(join(clone.root, "Pulumi.prod.yaml"), "utf8");
    expect(pinned).toMatch(/maya-io:\s*\[\s*2\.4\.1\+[0-9a-f]{7}@sha256:[0-9a-f]{64},\s*2\.3\.1\+3f9c2d1@/);
    const verified = await clone.start("npx", ["imprimatur", "verify", "--json"]);
    expect(JSON.parse(verified.stdout).problems).toEqual([]);
  });
});
