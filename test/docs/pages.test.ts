import { describe, expect, it } from "vitest";
import { isThere, linksOf, pages, readPage, runPage, textOf } from "./pages.ts";

/** What a machine may lack: nothing else is a reason for a command not to be run. */
const NEEDS = new Set(["cluster", "cloud", "forge", "key", "pulumi", "registry"]);
const withCommands = pages().filter((page) => readPage(page).commands.length > 0);

describe("the documentation", () => {
  // On a busy machine a page of previews takes its time.
  it.each(withCommands)("%s: every command ends and prints as the page says", { timeout: 600_000 }, async (page) => {
    const { results, stderr } = await runPage(page);
    const codes = results.map(({ command, code }) => `${code} ${command.text}`);
    expect(codes, stderr).toEqual(results.map(({ command }) => `${command.exits} ${command.text}`));
    for (const { command, stdout } of results) {
      for (const line of command.prints) expect(stdout).toContain(`${line}\n`);
    }
  });

  it("leaves out only what needs something, or what a test of its own runs", () => {
    for (const page of pages()) {
      for (const mark of readPage(page).marks) {
        const [kind, value = ""] = mark.split("=");
        if (kind === "needs") expect(NEEDS, `${page}: ${mark}`).toContain(value);
        else expect(isThere(`test/${value}`), `${page}: ${mark}`).toBe(true);
      }
    }
  });

  it("links to what is there", () => {
    const broken = pages().flatMap((page) =>
      linksOf(page)
        .filter((target) => !isThere(target))
        .map((target) => `${page}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it("has an index that lists every page", () => {
    const listed = new Set(linksOf("docs/README.md"));
    const docs = pages().filter((page) => page.startsWith("docs/") && page !== "docs/README.md");
    expect(docs.filter((page) => !listed.has(page))).toEqual([]);
    expect(textOf("README.md")).toContain("(docs/README.md)");
  });
});
