import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import axe, { type AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { boardModel } from "../../cli/board/model.ts";
import { boardPage } from "../../cli/board/page.ts";
import { publicBoard } from "../../cli/board/public.ts";
import { openContext } from "../../cli/context.ts";
import { collectStatus } from "../../cli/status/collect.ts";
import { largePlatform, MODULES, STACKS } from "../cli/largePlatform.ts";
import { launchBrowser, noBrowser } from "./browser.ts";

const PROJECT = join(import.meta.dirname, "../..");
const WIDE = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };

describe.skipIf(noBrowser)(`the board in Chromium${noBrowser === undefined ? "" : ` (${noBrowser})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "imprimatur-board-"));
  const context = openContext({ directory: PROJECT });
  const at = context.catalogue.judgedAt ?? new Date();
  const model = boardModel(context, collectStatus(context, [], at), at);
  const full = write("index.html", boardPage(model));
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  function write(name: string, page: string): string {
    writeFileSync(join(folder, name), page);
    return pathToFileURL(join(folder, name)).href;
  }

  /** Opens a page; what it asks for and what goes wrong in it is collected. */
  async function open(url: string, options: Parameters<Browser["newPage"]>[0] = { viewport: WIDE }) {
    const page = await browser.newPage(options);
    const faults: string[] = [];
    const requests: string[] = [];
    page.on("console", (message) => faults.push(message.text()));
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("request", (request) => requests.push(request.url()));
    await page.goto(url);
    return { page, faults, requests };
  }

  const visibleRows = (page: Page) => page.locator("#grid tbody tr:visible th").allInnerTexts();

  it("renders the reference platform, with nothing but its one file", async () => {
    const { page, faults, requests } = await open(full);
    const modules = [...context.catalogue.modules.keys()].sort();
    expect((await visibleRows(page)).map((name) => name.split(" ")[0])).toEqual(modules);
    expect(await page.locator("#grid tbody td").count()).toBe(modules.length * model.report.stacks.length);
    expect(await page.locator("details.module[id^=module-]").count()).toBe(modules.length);
    expect(requests).toEqual([full]);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("finds by typing, says how much it found, and clears", async () => {
    const { page } = await open(full);
    await page.keyboard.press("/");
    expect(await page.evaluate("document.activeElement.id")).toBe("find");
    await page.keyboard.type("maya-ui");
    expect(await visibleRows(page)).toEqual(["maya-ui"]);
    expect(await page.locator("#module-maya-ui").isVisible()).toBe(true);
    expect(await page.locator("#module-skaha").isVisible()).toBe(false);
    expect(await page.locator("#found").innerText()).toMatch(/^\d+ matches$/);
    await page.keyboard.press("Escape");
    expect(await visibleRows(page)).toHaveLength(context.catalogue.modules.size);
    expect(await page.locator("#found").innerText()).toBe("");
    await page.close();
  });

  it("is used with the keyboard alone: one stop for the grid, arrows in it, and Enter opens what a cell leads to", async () => {
    const { page } = await open(full);
    expect(await page.locator("#grid a[tabindex='0']").count()).toBe(1);
    const focused = () =>
      page.evaluate("document.activeElement.closest('td, th')?.dataset.stack ?? document.activeElement.textContent");
    await page.locator("#grid a[tabindex='0']").focus();
    const [first = "", ...others] = [...context.catalogue.modules.keys()].sort();
    expect(await focused()).toBe(first);
    await page.keyboard.press("ArrowRight");
    expect(await focused()).toBe("dev");
    await page.keyboard.press("End");
    expect(await focused()).toBe("prod");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Home");
    expect(await focused()).toBe(others[0]);
    const opened = () => page.locator(`#module-${others[0]}[open]`).count();
    expect(await opened()).toBe(0);
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await expect.poll(opened).toBe(1);
    // Chromium opens what a link leads to by itself, before the page's own script has moved the focus there.
    await expect.poll(() => page.evaluate("document.activeElement.className")).toBe("release");
    await page.close();
  });

  it.each([
    ["light", WIDE, "inside"],
    ["dark", WIDE, "inside"],
    ["light", PHONE, "inside"],
    ["dark", PHONE, "inside"],
    ["light", WIDE, "public"],
  ] as const)("has no fault that axe finds: %s, %o, %s, all opened", async (colorScheme, viewport, audience) => {
    const url = audience === "inside" ? full : write("public.html", boardPage(publicBoard(model)));
    // A strict policy keeps even axe out.
    const { page, faults } = await open(url, { colorScheme, viewport, bypassCSP: true });
    await page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true");
    await page.addScriptTag({ content: axe.source });
    const { violations, passes } = await page.evaluate<AxeResults>("axe.run()");
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    expect(passes.length).toBeGreaterThan(20);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("fits a phone: nothing but tables is wider than the screen", async () => {
    const { page } = await open(full, { viewport: PHONE });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(PHONE.width);
    expect(await page.locator("#grid thead").evaluate((head) => head.getBoundingClientRect().width)).toBeLessThan(2);
    const nav = page.locator("nav");
    expect(await nav.evaluate((links) => links.scrollWidth - links.clientWidth)).toBe(0);
    await page.close();
  });

  it("keeps no more of a phone's screen than the search, however far one scrolls", async () => {
    const { page } = await open(full, { viewport: PHONE });
    await page.evaluate("document.querySelector('#ledger').scrollIntoView()");
    const kept = await page.evaluate<{ top: number; bottom: number }>(
      "document.querySelector('.find').getBoundingClientRect()",
    );
    expect(kept.top).toBe(0);
    expect(kept.bottom).toBeLessThan(60);
    const links = await page.evaluate<{ bottom: number }>("document.querySelector('nav').getBoundingClientRect()");
    expect(links.bottom).toBeLessThan(0);
    await page.close();
  });

  it.each([WIDE, PHONE])("has no link or summary lower than 24 pixels, on %o (WCAG 2.2, 2.5.8)", async (viewport) => {
    const { page } = await open(full, { viewport });
    await page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true");
    const low = await page
      .locator("a:visible:not(.skip), summary:visible, input:visible")
      .evaluateAll((targets) =>
        targets
          .filter((target) => target.getBoundingClientRect().height < 24)
          .map(({ outerHTML }) => outerHTML.slice(0, 99)),
      );
    expect(low).toEqual([]);
    await page.close();
  });

  it("shows 103 modules in 24 stacks", async () => {
    const big = await largePlatform();
    const now = new Date("2026-08-01T12:00:00Z");
    const url = write("large.html", boardPage(boardModel(big, collectStatus(big, [], now), now)));
    const { page, faults } = await open(url);
    expect(await page.locator("#grid tbody tr").count()).toBe(MODULES);
    expect(await page.locator("#grid tbody td").count()).toBe(MODULES * STACKS);
    // Each is pinned everywhere, and the newer release is on its way to a third of the stacks.
    expect(await page.locator(".way > li").count()).toBe(MODULES * STACKS + (MODULES * STACKS) / 3);
    expect(faults).toEqual([]);
    await page.close();
  });
});
