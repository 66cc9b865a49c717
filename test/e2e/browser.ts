import { type Browser, chromium } from "playwright-core";
import { findTool } from "./tools.ts";

const executablePath = findTool("chromium") ?? findTool("chromium-browser") ?? findTool("google-chrome");

/** Why no page can be opened here; undefined where one can. */
export const noBrowser = executablePath === undefined ? "chromium not on PATH" : undefined;

/** Starts Debian's Chromium without a window. It may be root in a container, where its own sandbox cannot be made. */
export function launchBrowser(): Promise<Browser> {
  if (executablePath === undefined) throw new Error(noBrowser);
  return chromium.launch({ executablePath, chromiumSandbox: false, args: ["--disable-gpu"] });
}
