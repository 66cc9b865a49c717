import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Outcome, start } from "../cli/checkout.ts";
import { PROJECT } from "./workflow.ts";

/** What a clone of this project has besides what no workflow needs. */
const LEFT_OUT = new Set(["node_modules", ".git", ".keys", "test", "bench", "docs", "coverage"]);
const IDENTITY = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"];

/** Copies this project into a folder; what is there already stays, unless it is code. */
export function copyProject(root: string, except: readonly string[] = []): void {
  for (const name of readdirSync(PROJECT).filter((entry) => !LEFT_OUT.has(entry) && !except.includes(entry))) {
    cpSync(join(PROJECT, name), join(root, name), { recursive: true });
  }
}

/**
 * A forge on this machine: a bare repository that everybody clones, and on PATH an `npm` that installs this project's own
 * packages, an `npx` that runs the clone's command, and a `gh` that answers from files and records what it is asked. To it, a
 * pull request is merged as soon as nothing is in conflict with it.
 */
export class Forge {
  readonly folder = mkdtempSync(join(tmpdir(), "imprimatur-forge-"));
  readonly #origin = join(this.folder, "origin.git");
  readonly #tools = join(this.folder, "tools");
  readonly environment: Readonly<Record<string, string>> = {
    PATH: `${this.#tools}:${process.env.PATH}`,
    GH_ANSWERS: join(this.folder, "answers"),
    GH_LOG: join(this.folder, "gh.log"),
    GH_ORIGIN: this.#origin,
    HOME: this.folder,
    GIT_CONFIG_NOSYSTEM: "1",
  };

  constructor() {
    onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }));
    for (const folder of [this.#tools, join(this.folder, "answers")]) mkdirSync(folder);
    writeFileSync(join(this.folder, "gh.log"), "");
    this.#tool("npm", `[ "$1" = ci ] && ln -s "${join(PROJECT, "node_modules")}" node_modules`);
    this.#tool("npx", `[ "$1" = imprimatur ] || exit 127\nshift\nexec "${process.execPath}" cli/main.ts "$@"`);
    this.#tool("gh", GH);
  }

  #tool(name: string, script: string): void {
    writeFileSync(join(this.#tools, name), `#!/usr/bin/env bash\n${script}\n`, { mode: 0o755 });
  }

  /** What `gh api <path>` answers from now on, or `gh <what> <verb>` as `<what>/<verb>`: JSON. */
  answer(path: string, json: unknown): void {
    writeFileSync(join(this.folder, "answers", path.replaceAll("/", "_")), JSON.stringify(json));
  }

  /** What `gh` was asked for so far, one line each. */
  get asked(): readonly string[] {
    return readFileSync(join(this.folder, "gh.log"), "utf8").split("\n").filter(Boolean);
  }

  /** Makes a checkout the protected branch, `main`. */
  async publish(root: string): Promise<void> {
    await must(start("git", ["init", "--quiet", "--bare", "--initial-branch", "main", this.#origin], this.folder));
    await must(start("git", ["init", "--quiet", "--initial-branch", "main"], root));
    writeFileSync(join(root, ".git/info/exclude"), "node_modules\n");
    await must(start("git", ["add", "--all"], root));
    await must(start("git", [...IDENTITY, "commit", "--quiet", "-m", "main"], root));
    await must(start("git", ["remote", "add", "origin", this.#origin], root));
    await must(start("git", ["push", "--quiet", "origin", "main"], root));
  }

  /** Opens a pull request with all that is in a checkout of main: gives its head, and the commit that merging would make. */
  async openPullRequest(root: string): Promise<{ head: string; merge: string }> {
    const git = async (...args: string[]) => (await must(start("git", [...IDENTITY, ...args], root))).stdout.trim();
    await git("checkout", "--quiet", "-b", "hurry");
    await git("add", "--all");
    await git("commit", "--quiet", "-m", "hurry");
    const head = await git("rev-parse", "HEAD");
    await git("checkout", "--quiet", "main");
    await git("merge", "--quiet", "--no-ff", "-m", "merge", "hurry");
    const merge = await git("rev-parse", "HEAD");
    await git("push", "--quiet", "origin", "main:refs/pull/1/merge");
    await git("checkout", "--quiet", "hurry");
    return { head, merge };
  }

  /** Clones the repository as the checkout action does: at one commit, with nothing to log in with. */
  async clone(folder: string, ref: string): Promise<void> {
    await must(start("git", ["clone", "--quiet", "--no-local", this.#origin, folder], this.folder));
    await must(start("git", ["fetch", "--quiet", "origin", "+refs/pull/*:refs/pull/*"], folder));
    await must(start("git", ["checkout", "--quiet", "--detach", ref], folder));
    writeFileSync(join(folder, ".git/info/exclude"), "node_modules\n");
  }

  /** Commits of a branch that somebody has pushed, newest first, with the files that each changes. */
  async pushed(branch: string): Promise<string> {
    return (await must(start("git", ["-C", this.#origin, "log", "--name-only", "--format=%s", branch], this.folder)))
      .stdout;
  }

  get branches(): Promise<readonly string[]> {
    const list = start(
      "git",
      ["-C", this.#origin, "for-each-ref", "--format=%(refname:short)", "refs/heads"],
      this.folder,
    );
    return list.then(({ stdout }) => stdout.split("\n").filter(Boolean));
  }
}

async function must(outcome: Promise<Outcome>): Promise<Outcome> {
  const { code, stdout, stderr } = await outcome;
  if (code !== 0) throw new Error(stderr || stdout);
  return { code, stdout, stderr };
}

/** Answers `gh api` from files through jq, and records everything. A body that is sent is kept beside the log. */
const GH = `echo "$*" >> "$GH_LOG"
if [ "$1 $2" = "pr view" ]; then
  head="$(git -C "$GH_ORIGIN" rev-parse "$3")"
  state=MERGED mergeable=UNKNOWN
  git -C "$GH_ORIGIN" merge-tree --write-tree main "$head" > /dev/null || { state=OPEN; mergeable=CONFLICTING; }
  jq -n --arg state $state --arg mergeable $mergeable --arg head "$head" '{ $state, $mergeable, headRefOid: $head }'
  exit 0
fi
[ "$1" = api ] || { cat "$GH_ANSWERS/$1_$2" 2> /dev/null || true; exit 0; }
shift
method=GET jq=. path= input=
while [ $# -gt 0 ]; do
  case "$1" in
    --method) method="$2"; shift 2 ;;
    --jq) jq="$2"; shift 2 ;;
    --input) input="$2"; shift 2 ;;
    -f) shift 2 ;;
    --*) shift ;;
    *) path="$1"; shift ;;
  esac
done
[ -z "$input" ] || cp "$input" "$GH_LOG.body"
[ "$method" = GET ] || exit 0
jq -r "$jq" "$GH_ANSWERS/$(echo "$path" | tr / _)"`;
