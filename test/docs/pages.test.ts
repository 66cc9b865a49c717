import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Clone, commandsOf, linksOf, marksOf, PROJECT, pagePaths, pageText, wholeCommandsOf } from "./page.ts";

/** What a machine may lack: nothing else is a reason for a command not to be run. */
const NEEDS = new Set(["cluster", "cloud", "forge", "key", "pulumi", "registry"]);

/** Pages that a test of their own runs, since it looks closer at what they leave. */
const BY_ITSELF: Readonly<Record<string, string>> = {
  "docs/walkthrough.md": "walkthrough.test.ts",
  "docs/a-release-day.md": "mayaOnlineDay.test.ts",
};

const run = pagePaths().filter((path) => commandsOf(pageText(path)).length > 0 && !(path in BY_ITSELF));

describe("the documentation", () => {
  // On a busy machine a page of previews takes its time.
  it.each(run)("%s: every command ends and prints as the page says", { timeout: 600_000 }, async (path) => {
    await (await Clone.make()).expectAll(wholeCommandsOf(path));
  });

  it("leaves out only what needs something, or what a test of its own runs", () => {
    for (const path of pagePaths()) {
      for (const mark of marksOf(pageText(path))) {
        const [kind, value = ""] = mark.split("=");
        if (kind === "needs") expect(NEEDS, `${path}: ${mark}`).toContain(value);
        else expect(existsSync(join(PROJECT, "test", value)), `${path}: ${mark}`).toBe(true);
      }
    }
    for (const test of Object.values(BY_ITSELF)) expect(existsSync(join(import.meta.dirname, test))).toBe(true);
  });

  it("links to what is there", () => {
    const broken = pagePaths().flatMap((path) =>
      linksOf(path)
        .filter((target) => !existsSync(join(PROJECT, target)))
        .map((target) => `${path}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it("has an index that lists every page", () => {
    const listed = new Set(linksOf("docs/README.md"));
    const docs = pagePaths().filter((path) => path.startsWith("docs/") && path !== "docs/README.md");
    expect(docs.filter((path) => !listed.has(path))).toEqual([]);
    expect(linksOf("README.md")).toContain("docs/README.md");
  });
});
