import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { COMMAND, start } from "../cli/checkout.ts";

/** This project's checkout. */
export const PROJECT = join(import.meta.dirname, "../..");
/** What a clone has besides what no command of a page needs. */
const LEFT_OUT = new Set(["node_modules", ".git", ".keys", "test", "bench", "coverage"]);

/** A command that a page shows. */
export interface Command {
  readonly text: string;
  /** As a comment behind it says: 0 by default. */
  readonly exits: number;
  /** Lines that the page says it prints. */
  readonly prints: readonly string[];
}

/** Every page for readers, by its path. */
export function pagePaths(): readonly string[] {
  const docs = readdirSync(join(PROJECT, "docs")).filter((name) => name.endsWith(".md"));
  return ["README.md", ...docs.map((name) => `docs/${name}`)];
}

export function pageText(path: string): string {
  return readFileSync(join(PROJECT, path), "utf8");
}

/** The text of a page of `docs/`. */
export function readPage(name: string): string {
  return pageText(`docs/${name}`);
}

interface Block {
  readonly language: string;
  /** What stands behind the language: `needs=…` or `test=…` says why the commands are not run with the page. */
  readonly mark: string | undefined;
  readonly body: string;
}

function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^ *```(\w+)([^\n]*)\n([\s\S]*?)^ *```$/gm)].map(
    ([, language = "", info = "", body = ""]) => ({ language, mark: /\b(?:needs|test)=\S+/.exec(info)?.[0], body }),
  );
}

const isShell = ({ language }: Block) => /^(sh|bash|shell|console)$/.test(language);

/** The commands of a page that are run with it, in order. A `text` block shows what the command before it prints. */
export function commandsOf(markdown: string): Command[] {
  const commands: Command[] = [];
  let isRun = false;
  for (const block of blocksOf(markdown)) {
    if (block.language === "text" && isRun) {
      const last = commands.pop();
      if (last === undefined) throw new Error("the page shows an output before any command");
      commands.push({ ...last, prints: block.body.split("\n").filter(Boolean) });
    }
    isRun = isShell(block) && block.mark === undefined;
    if (isRun) commands.push(...split(block.body));
  }
  return commands;
}

/** What the commands need that are not run with the page, or the test that runs them instead: `needs=…`, `test=…`. */
export function marksOf(markdown: string): readonly string[] {
  return blocksOf(markdown)
    .filter(isShell)
    .flatMap(({ mark }) => mark ?? []);
}

/** One command a line; a backslash or a here-document makes it longer. */
function split(body: string): Command[] {
  const commands: Command[] = [];
  const lines = body.replaceAll("\\\n", " ").split("\n");
  while (lines.length > 0) {
    const first = (lines.shift() ?? "").trim().replace(/^\$ /, "");
    if (first === "" || first.startsWith("#")) continue;
    const [, end] = /<<'(\w+)'/.exec(first) ?? [];
    const rest = end === undefined ? [] : lines.splice(0, lines.indexOf(end) + 1);
    const exits = Number(/# exits (\d)$/.exec(first)?.[1] ?? 0);
    commands.push({ text: [first, ...rest].join("\n"), exits, prints: [] });
  }
  return commands;
}

/** The commands of a page, after those of the page that it says it continues. */
export function wholeCommandsOf(path: string): readonly Command[] {
  const markdown = pageText(path);
  const before = /<!-- Continues (\S+\.md)\. -->/.exec(markdown)?.[1];
  return [...(before === undefined ? [] : wholeCommandsOf(before)), ...commandsOf(markdown)];
}

/** Links to files, as paths from the root. */
export function linksOf(path: string): readonly string[] {
  const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
  return [...pageText(path).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target = ""]) => join(folder, target));
}

/** Where links of a page in `docs/` lead that are not there. */
export function brokenLinks(markdown: string): string[] {
  return [...markdown.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !existsSync(join(PROJECT, "docs", target)));
}

/** A clone of this project in a directory of its own, as fresh from the template, with tools that are its own. */
export class Clone {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  static async make(): Promise<Clone> {
    const root = mkdtempSync(join(tmpdir(), "imprimatur-page-"));
    onTestFinished(() => {
      for (const folder of [root, homeOf(root)]) rmSync(folder, { recursive: true, force: true });
    });
    mkdirSync(homeOf(root));
    for (const name of readdirSync(PROJECT).filter((entry) => !LEFT_OUT.has(entry))) {
      cpSync(join(PROJECT, name), join(root, name), { recursive: true });
    }
    symlinkSync(join(PROJECT, "node_modules"), join(root, "node_modules"));
    const clone = new Clone(root);
    await clone.start("git", ["init", "--quiet", "--initial-branch", "main"]);
    const tools = join(root, ".git/tools");
    const command = join(root, "cli/main.ts");
    writeNpx(tools, command);
    writeTool(tools, "npm", `ci) ;; start) exec "${process.execPath}" "${command}" preview ;;`);
    await clone.start("git", ["add", "--all"]);
    const { code, stderr } = await clone.start("git", ["commit", "--quiet", "-m", "the template"]);
    expect(code, stderr).toBe(0);
    return clone;
  }

  /** Runs a program of the page's own shell. */
  start(command: string, args: readonly string[]) {
    return start(command, args, this.root, environment(this.root));
  }

  /** {@link runPage}, in this clone. */
  expectAll(commands: readonly Command[]): Promise<{ readonly stderr: string }> {
    return runPage(commands, this.root, environment(this.root));
  }
}

/** Runs commands in one shell, so that what one exports is there in the next, and checks how each ends and what it prints. */
export async function runPage(
  commands: readonly Command[],
  root: string,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly stderr: string }> {
  const script = commands.map(({ text }, index) => `${text}\necho "@@ ${index} $?"`).join("\n");
  const { stdout, stderr } = await start("sh", ["-c", script], root, env);
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

/**
 * An `npx` that runs a checkout's command, or vitest.
 * @param up what stands in for `imprimatur up`, as words of a shell; by default nothing does
 */
export function writeNpx(folder: string, command = COMMAND, up?: string): void {
  const applies = up === undefined ? "" : `[ "$1" = up ] && shift && exec ${up} "$@"; `;
  const cases = `imprimatur) shift; ${applies}exec "${process.execPath}" "${command}" "$@" ;; vitest) shift; exec node_modules/.bin/vitest "$@" ;;`;
  writeTool(folder, "npx", cases);
}

function writeTool(folder: string, name: string, cases: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), `#!/bin/sh\ncase "$1" in ${cases} *) exit 127 ;; esac\n`, { mode: 0o755 });
}

/** A home beside a clone, so that what a page puts there is in no repository. */
function homeOf(root: string): string {
  return `${root}-home`;
}

/** Nothing of this machine's user: no login, no key, no settings of git. */
function environment(root: string): NodeJS.ProcessEnv {
  const identity = ["AUTHOR", "COMMITTER"].flatMap((role) => [
    [`GIT_${role}_NAME`, "Test"],
    [`GIT_${role}_EMAIL`, "test@example.org"],
  ]);
  return {
    ...Object.fromEntries(identity),
    PATH: `${join(root, ".git/tools")}:${process.env.PATH}`,
    HOME: homeOf(root),
    GIT_CONFIG_NOSYSTEM: "1",
    IMPRIMATUR_KEY: undefined,
    IMPRIMATUR_PASSPHRASE: undefined,
    PULUMI_BACKEND_URL: undefined,
    PULUMI_ACCESS_TOKEN: undefined,
    AWS_EC2_METADATA_DISABLED: "true",
  };
}
