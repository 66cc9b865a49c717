import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { COMMAND, start } from "../cli/checkout.ts";

/** Where the pages are. */
export const DOCS = join(import.meta.dirname, "../../docs");

/** One command of a page. */
export interface PageCommand {
  readonly text: string;
  /** As a comment behind it says: 0 by default. */
  readonly exits: number;
  /** Lines that the page says it prints. */
  readonly prints: readonly string[];
}

/** The commands of a page, in order. A `text` block shows what the command before it prints. */
export function commandsOf(markdown: string): PageCommand[] {
  const commands: PageCommand[] = [];
  for (const [, language, body = ""] of markdown.matchAll(/^```(sh|text)\n([\s\S]*?)^```$/gm)) {
    const lines = body.replaceAll("\\\n", " ").split("\n").filter(Boolean);
    if (language === "text") {
      const last = commands.pop();
      if (last === undefined) throw new Error("the page shows an output before any command");
      commands.push({ ...last, prints: lines });
    } else {
      commands.push(
        ...lines.map((text) => ({ text, exits: Number(/# exits (\d)$/.exec(text)?.[1] ?? 0), prints: [] })),
      );
    }
  }
  return commands;
}

export function readPage(name: string): string {
  return readFileSync(join(DOCS, name), "utf8");
}

/** Puts an `npx` into a folder that runs the command of a checkout, this project's own by default. */
export function writeNpx(folder: string, command = COMMAND): void {
  mkdirSync(folder, { recursive: true });
  const npx = `#!/bin/sh\n[ "$1" = imprimatur ] || exit 127\nshift\nexec "${process.execPath}" "${command}" "$@"\n`;
  writeFileSync(join(folder, "npx"), npx, { mode: 0o755 });
}

/** Runs commands in one shell, so that what one exports is there in the next, and checks how each ends and what it prints. */
export async function runPage(
  commands: readonly PageCommand[],
  root: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const script = commands.map(({ text }, index) => `${text}\necho "@@ ${index} $?"`).join("\n");
  const { stdout, stderr } = await start("sh", ["-c", script], root, env);
  const parts = stdout.split(/^@@ \d+ /m);
  const codes = parts.slice(1).map((part) => Number(part.split("\n")[0]));
  expect({ codes, stderr }).toEqual({ codes: commands.map(({ exits }) => exits), stderr: "" });
  commands.forEach(({ prints }, index) => {
    for (const line of prints) expect(parts[index]).toContain(`${line}\n`);
  });
}
