import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { brokenLinks, Clone, commandsOf, PROJECT } from "./page.ts";

const page = readFileSync(join(PROJECT, "docs/a-release-day.md"), "utf8");
const section = /^## Patch Thursday\n[\s\S]*?(?=^## |(?![\s\S]))/m.exec(page)?.[0] ?? "";

describe("docs/a-release-day.md, Patch Thursday", () => {
  it("runs as it stands: every command ends and prints as the page says", { timeout: 300_000 }, async () => {
    const commands = commandsOf(section);
    expect(commands.length).toBeGreaterThan(10);
    expect(brokenLinks(section)).toEqual([]);
    const clone = await Clone.make();
    const { stderr } = await clone.expectAll(commands);
    const said = stderr
      .split("\n")
      .filter((line) => /^(notice|start|hold-off|reminder|deployment|report|end) {2}/.test(line));
    expect(said.map((line) => line.replace(/, until .*\. Q/, ". Q"))).toEqual([
      "start  patch-thursday has begun. Questions go to square-lead.",
      "hold-off  Please hold off reporting problems until patch-thursday is over: what you see may be the work itself.",
      ...["dev", "staging", "prod"].map((stack) => `deployment  ${stack}: patch-thursday is at it`),
      "reminder  usdf-rsp is yours now, usdf-operations. When it is done, sign for it:",
      "end  patch-thursday is over. Please report what does not work.",
      "report  the line is stopped by square-lead: notebooks do not start, cause unknown",
      "report  the line is lifted by square-lead: it was a full disk",
    ]);
    const verified = await clone.start("npx", ["imprimatur", "verify", "--json"]);
    expect(JSON.parse(verified.stdout).problems).toEqual([]);
  });
});
