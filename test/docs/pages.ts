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
import { afterAll } from "vitest";
import { type Outcome, start } from "../cli/checkout.ts";

export const PROJECT = join(import.meta.dirname, "../..");
/** What a clone has besides what no command of a page needs. */
const LEFT_OUT = new Set(["node_modules", ".git", ".keys", "test", "bench", "coverage"]);

/** One command as a page shows it, with what it is said to do. */
interface Command {
  readonly text: string;
  /** As a comment behind it says: 0 by default. */
  readonly exits: number;
  /** Lines that the page says it prints. */
  readonly prints: readonly string[];
}

/** The commands of one page. */
interface Page {
  readonly commands: readonly Command[];
  /** What commands that are left out need, or the test that runs them instead, as behind their fence. */
  readonly marks: readonly string[];
  /** The page whose end this one begins at. */
  readonly continues: string | undefined;
}

/** Every page that has commands for its readers, by its path. */
export function pages(): readonly string[] {
  return [
    "README.md",
    ...readdirSync(join(PROJECT, "docs"))
      .filter((name) => name.endsWith(".md"))
      .map((name) => `docs/${name}`),
  ];
}

export function textOf(path: string): string {
  return readFileSync(join(PROJECT, path), "utf8");
}

/**
 * Reads a page. A block of `sh`, `bash`, `shell` or `console` holds commands; `needs=…` or `test=…` behind its fence says why it
 * is not run here. A `text` block shows what the command before it prints.
 */
export function readPage(path: string): Page {
  const commands: Command[] = [];
  const marks: string[] = [];
  let isShown = false;
  const markdown = textOf(path);
  for (const [, language = "", info = "", body = ""] of markdown.matchAll(/^ *```(\w+)([^\n]*)\n([\s\S]*?)^ *```$/gm)) {
    const [mark] = /\b(?:needs|test)=\S+/.exec(info) ?? [];
    const isShell = /^(sh|bash|shell|console)$/.test(language);
    if (isShell && mark !== undefined) marks.push(mark);
    else if (isShell) commands.push(...split(body));
    else if (language === "text" && isShown) {
      const last = commands.pop();
      if (last !== undefined) commands.push({ ...last, prints: body.split("\n").filter(Boolean) });
    }
    isShown = isShell && mark === undefined;
  }
  return { commands, marks, continues: /<!-- Continues (\S+\.md)\. -->/.exec(markdown)?.[1] };
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

/** A page that was run: how each command ended, and the checkout as it was left. */
export interface PageRun {
  readonly root: string;
  readonly results: readonly { readonly command: Command; readonly code: number; readonly stdout: string }[];
  readonly stderr: string;
  /** Runs one more command there. */
  readonly also: (...args: readonly string[]) => Promise<Outcome>;
}

const runs = new Map<string, Promise<PageRun>>();
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Runs a page in a clone of its own, or from where the page that it continues has left off. Each page is run once. */
export function runPage(path: string): Promise<PageRun> {
  const known = runs.get(path) ?? run(path);
  runs.set(path, known);
  return known;
}

async function run(path: string): Promise<PageRun> {
  const { commands, continues } = readPage(path);
  const root = mkdtempSync(join(tmpdir(), "imprimatur-page-"));
  folders.push(root);
  if (continues === undefined) await clone(root);
  else cpSync((await runPage(continues)).root, root, { recursive: true, verbatimSymlinks: true });
  // One shell for the whole page, so that what one block exports is there in the next, and on the next page.
  const script = [
    "[ ! -e .git/exported ] || . ./.git/exported",
    ...commands.map(({ text }, index) => `${text}\necho "@@ ${index} $?"`),
    "export -p > .git/exported",
  ].join("\n");
  const env = environment(root);
  const { stdout, stderr } = await start("sh", ["-c", script], root, env);
  const parts = stdout.split(/^@@ \d+ /m);
  const results = commands.map((command, index) => ({
    command,
    code: Number((parts[index + 1] ?? "").split("\n")[0] || Number.NaN),
    stdout: parts[index] ?? "",
  }));
  return { root, results, stderr, also: (command = "", ...args) => start(command, args, root, env) };
}

/** A clone of this project as a fresh one of the template: one commit on main, and tools that are the clone's own. */
async function clone(root: string): Promise<void> {
  for (const name of readdirSync(PROJECT).filter((entry) => !LEFT_OUT.has(entry))) {
    cpSync(join(PROJECT, name), join(root, name), { recursive: true });
  }
  symlinkSync(join(PROJECT, "node_modules"), join(root, "node_modules"));
  const env = environment(root);
  await start("git", ["init", "--quiet", "--initial-branch", "main"], root, env);
  const tools = join(root, ".git/tools");
  mkdirSync(tools);
  const cli = `exec "${process.execPath}" cli/main.ts`;
  const tool = (name: string, script: string) =>
    writeFileSync(join(tools, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  tool("npm", `case "$1" in ci) ;; start) ${cli} preview ;; *) exit 127 ;; esac`);
  tool(
    "npx",
    `case "$1" in imprimatur) shift; ${cli} "$@" ;; vitest) shift; exec node_modules/.bin/vitest "$@" ;; *) exit 127 ;; esac`,
  );
  await start("git", ["add", "--all"], root, env);
  const { code, stderr } = await start("git", ["commit", "--quiet", "-m", "the template"], root, env);
  if (code !== 0) throw new Error(stderr);
}

/** Nothing of this machine's user: no login, no key, no settings of git. */
function environment(root: string): NodeJS.ProcessEnv {
  const who = { NAME: "Test", EMAIL: "test@example.org" };
  const identity = ["AUTHOR", "COMMITTER"].flatMap((role) =>
    Object.entries(who).map(([key, value]) => [`GIT_${role}_${key}`, value] as const),
  );
  return {
    ...Object.fromEntries(identity),
    PATH: `./.git/tools:${process.env.PATH}`,
    HOME: join(root, ".git"),
    GIT_CONFIG_NOSYSTEM: "1",
    IMPRIMATUR_KEY: undefined,
    IMPRIMATUR_PASSPHRASE: undefined,
    PULUMI_BACKEND_URL: undefined,
    PULUMI_ACCESS_TOKEN: undefined,
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

/** Links of a page to files, as paths from the root. */
export function linksOf(path: string): readonly string[] {
  const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
  return [...textOf(path).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target = ""]) => join(folder, target));
}

export function isThere(path: string): boolean {
  return existsSync(join(PROJECT, path));
}
