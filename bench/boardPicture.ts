/** Draws the picture of the board that the README shows. Run `node bench/boardPicture.ts`; it needs Chromium. */
import { join } from "node:path";
import { boardModel } from "../cli/board/model.ts";
import { boardPage } from "../cli/board/page.ts";
import { openContext } from "../cli/context.ts";
import { collectStatus } from "../cli/status/collect.ts";
import { launchBrowser } from "../test/e2e/browser.ts";

const ROOT = join(import.meta.dirname, "..");

const context = openContext({ directory: ROOT });
const at = context.catalogue.judgedAt ?? new Date();
const browser = await launchBrowser();
try {
  const page = await browser.newPage({ viewport: { width: 1180, height: 940 }, colorScheme: "light" });
  await page.setContent(boardPage(boardModel(context, collectStatus(context, [], at), at)));
  await page.screenshot({ path: join(ROOT, "docs/board.png") });
} finally {
  await browser.close();
}
