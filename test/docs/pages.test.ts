import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Clone, commandsOf, linksOf, marksOf, PROJECT, pagePaths, pageText, wholeCommandsOf } from "./page.ts";

/** What a machine may lack: nothing else is a reason for a command not to be run. */
const NEEDS = new Set(["cluster", "cloud", "forge", "key", "pulumi", "registry"]);

/** Pages that tests of their own run, section by section, since they look closer at what is left. */
const BY_THEMSELVES: Readonly<Record<string, readonly string[]>> = {
  "docs/walkthrough.md": ["walkthrough.test.ts"],
  "docs/canary.md": ["canary.test.ts"],
  "docs/frozen-builds.md": ["../e2e/frozenPage.test.ts"],
  "docs/a-release-day.md": ["mayaOnlineDay.test.ts", "patchThursday.test.ts"],
};

const run = pagePaths().filter((path) => commandsOf(pageText(path)).length > 0 && !(path in BY_THEMSELVES));

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
  });

  it("has a test for every section of a page that is not run as a whole", () => {
    for (const [path, tests] of Object.entries(BY_THEMSELVES)) {
      const sources = tests.map((test) => readFileSync(join(import.meta.dirname, test), "utf8")).join();
      expect(sources).toContain(path.replace("docs/", ""));
      const sections = pageText(path).split(/^## /m).slice(1);
      const open = sections
        .filter((section) => commandsOf(section).length > 0)
        .map((section) => section.split("\n")[0] ?? "")
        .filter((title) => !sources.includes(`## ${title}`));
      // One that reads the page from its first line runs all of it.
      expect(sources.includes("commandsOf(page)") ? [] : open).toEqual([]);
    }
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
