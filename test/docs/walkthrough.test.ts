import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readPage, runPage } from "./pages.ts";

const PAGE = "docs/walkthrough.md";

it("takes under ten commands from nothing to production", () => {
  const own = readPage(PAGE).commands.filter(({ text }) => text.startsWith("npx imprimatur "));
  expect(own.length).toBeGreaterThan(5);
  expect(own.length).toBeLessThan(10);
  expect(own.filter(({ exits }) => exits === 1)).toHaveLength(2);
});

it("leaves a sound catalogue, one release in production, and no key for git to take", {
  timeout: 600_000,
}, async () => {
  const { root, stderr, also } = await runPage(PAGE);
  expect(stderr).toBe("");
  const production = readFileSync(join(root, "Pulumi.prod.yaml"), "utf8");
  expect(production).toMatch(/^ {4}hello: \[1\.0\.0@sha256:[0-9a-f]{64}\]$/m);
  expect(production).not.toContain("1.1.0");
  expect((await also("git", "status", "--porcelain", "--", ".keys")).stdout).toBe("");
  const verified = await also("npx", "imprimatur", "verify", "--json");
  expect(JSON.parse(verified.stdout)).toMatchObject({
    problems: [],
    checked: { manifests: 2, records: 5, ledgerEntries: 0, stacks: 3 },
  });
});
