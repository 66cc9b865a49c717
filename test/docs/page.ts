import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { start } from "../cli/checkout.ts";

/** This project's checkout. */
export const PROJECT = join(import.meta.dirname, "../..");
/** What a clone has besides what no command of a page needs. */
const LEFT_OUT = new Set(["node_modules", ".git", ".keys", "test", "bench", "docs", "coverage"]);

/** A command that a page shows. */
export interface Command {
  readonly text: string;
  /** As a comment behind it says: 0 by default. */
  readonly exits: number;
  /** Lines that the page says it prints. */
  readonly prints: readonly string[];
}

/** The commands of a page, in order. A `text` block shows what the command before it prints. */
export function commandsOf(markdown: string): Command[] {
  const commands: Command[] = [];
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

/** Where links of a page lead that are not there. */
export function brokenLinks(markdown: string): string[] {
  const pages = readdirSync(join(PROJECT, "docs"));
  return [...markdown.matchAll(/\]\(([^)#]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((link) => !pages.includes(link));
}

/** A clone of this project in a directory of its own, whose `npx` runs the clone's own command. */
export class Clone {
  readonly root: string;
  readonly #path: string;

  private constructor(root: string, path: string) {
    this.root = root;
    this.#path = path;
  }

  static async make(): Promise<Clone> {
    const root = mkdtempSync(join(tmpdir(), "imprimatur-page-"));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    for (const name of readdirSync(PROJECT).filter((entry) => !LEFT_OUT.has(entry))) {
      cpSync(join(PROJECT, name), join(root, name), { recursive: true });
    }
    symlinkSync(join(PROJECT, "node_modules"), join(root, "node_modules"));
    const path = join(root, ".git/shims");
    await start("git", ["init", "--quiet", "--initial-branch", "main"], root);
    mkdirSync(path);
    const npx = `#!/bin/sh\n[ "$1" = imprimatur ] || exit 127\nshift\nexec "${process.execPath}" "${join(root, "cli/main.ts")}" "$@"\n`;
    writeFileSync(join(path, "npx"), npx, { mode: 0o755 });
    const identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"];
    await start("git", ["add", "--all"], root);
    const { code } = await start("git", [...identity, "commit", "--quiet", "-m", "the template"], root);
    expect(code).toBe(0);
    return new Clone(root, path);
  }

  /** Runs a program of the page's own shell. */
  start(command: string, args: readonly string[]) {
    return start(command, args, this.root, { PATH: `${this.#path}:${process.env.PATH}` });
  }

  /** Runs commands in one shell, so that what one exports is there in the next, and checks how each ends and what it prints. */
  async expectAll(commands: readonly Command[]): Promise<{ readonly stderr: string }> {
    const script = commands.map(({ text }, index) => `${text}\necho "@@ ${index} $?"`).join("\n");
    const { stdout, stderr } = await this.start("sh", ["-c", script]);
    const parts = stdout.split(/^@@ \d+ /m);
    const ended = parts.slice(1).map((part) => part.split("\n")[0]);
    const expected = commands.map(({ exits, text }) => `${exits} ${text}`);
    expect(
      ended.map((code, index) => `${code} ${commands[index]?.text}`),
      stderr,
    ).toEqual(expected);
    commands.forEach(({ prints }, index) => {
      for (const line of prints) expect(parts[index]).toContain(`${line}\n`);
    });
    return { stderr };
  }
}
