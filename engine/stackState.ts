import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { refuseInput } from "../release/errors.ts";
import type { Project } from "./project.ts";
import type { CliExit, Environment, PulumiCli } from "./pulumiCli.ts";
import { stackUrn } from "./urn.ts";
import { isService } from "./workspace.ts";

/** A resource as the state has it; everything else about it passes through untouched. */
const StateResource = z.looseObject({
  urn: z.string(),
  type: z.string(),
  custom: z.boolean().default(false),
  id: z.string().optional(),
  external: z.boolean().optional(),
  protect: z.boolean().optional(),
  provider: z.string().optional(),
  inputs: z.record(z.string(), z.unknown()).default({}),
  outputs: z.record(z.string(), z.unknown()).default({}),
});
export type StateResource = z.infer<typeof StateResource>;

const Deployment = z.looseObject({
  resources: z.array(StateResource).default([]),
  pending_operations: z.array(z.looseObject({ type: z.string(), resource: StateResource })).default([]),
});

export const State = z.looseObject({
  version: z.number(),
  // A stack that was made, and whose first update had no time to make anything, has none.
  deployment: Deployment.nullable().transform((deployment) => deployment ?? Deployment.parse({})),
});
/** The state of a stack, as `pulumi stack export` gives it: secrets stay encrypted. */
export type State = z.infer<typeof State>;

/** What keeps others from a stack while somebody works on it. */
export interface Lock {
  /** As the backend words it, for people. */
  readonly text: string;
  /** The process that took it; absent where the backend does not say. */
  readonly owner?: { readonly user: string; readonly host: string; readonly pid: number; readonly since: string };
}

/** One stack on its backend: its state and its locks. */
export class StackState {
  readonly #cli: PulumiCli;
  readonly #project: Project;
  readonly #stack: string;
  readonly #env: Environment;

  constructor(cli: PulumiCli, project: Project, stack: string, env: Environment) {
    this.#cli = cli;
    this.#project = project;
    this.#stack = stack;
    this.#env = env;
  }

  /** Whether the backend has the stack. @throws InputError where the backend does not answer */
  async exists(): Promise<boolean> {
    const { stdout } = await this.#run("stack", "ls", "--json");
    return (JSON.parse(stdout) as { name: string }[]).some(({ name }) => name.split("/").at(-1) === this.#stack);
  }

  /**
   * Takes no lock.
   * @param options with secrets in plain text: never to be written back
   * @throws InputError
   */
  async read({ showSecrets = false } = {}): Promise<State> {
    const secrets = showSecrets ? ["--show-secrets"] : [];
    const { stdout } = await this.#run("stack", "export", "--stack", this.#stack, ...secrets);
    return State.parse(JSON.parse(stdout));
  }

  /** @throws InputError where somebody else works on the stack, or the backend does not take it */
  async write(state: State): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), "imprimatur-state-"));
    try {
      const file = join(folder, "state.json");
      writeFileSync(file, JSON.stringify(state), { mode: 0o600 });
      await this.#run("stack", "import", "--stack", this.#stack, "--file", file);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /**
   * The locks on the stack. No command shows them, so this does what needs one and then fails, with nothing changed: it
   * gives the stack the name that it has. Pulumi Cloud locks updates alone: there it refreshes a resource that is not there.
   * @throws InputError where the backend does not answer
   */
  async locks(): Promise<readonly Lock[]> {
    const nothing = `${stackUrn({ project: this.#project.name, stack: this.#stack })}-none`;
    const args = isService(this.#env.PULUMI_BACKEND_URL)
      ? ["refresh", "--yes", "--skip-preview", "--target", nothing]
      : ["stack", "rename", this.#stack];
    const { code, stdout, stderr } = await this.#try(...args, "--stack", this.#stack);
    if (code === 0 || FREE.test(`${stdout}${stderr}`)) return [];
    const locks = readLocks(stderr);
    if (locks.length === 0) this.#refuse(stderr);
    return locks;
  }

  /** Takes away every lock on the stack. @throws InputError */
  async cancel(): Promise<void> {
    await this.#run("cancel", "--yes", "--stack", this.#stack);
  }

  #try(...args: readonly string[]): Promise<CliExit> {
    return this.#cli.run(args, { cwd: this.#project.root, env: this.#env });
  }

  async #run(...args: readonly string[]): Promise<CliExit> {
    const exit = await this.#try(...args);
    return exit.code === 0 ? exit : this.#refuse(exit.stderr);
  }

  #refuse(stderr: string): never {
    const message = stderr.trim().replace(/^error: /, "");
    refuseInput({ file: `Pulumi.${this.#stack}.yaml`, path: "", message });
  }
}

/** What is said where the lock was free. */
const FREE = /no resource named|a stack named \S+ already exists/;
const OWNED = /^\s+(\S+): created by (.+)@(\S+) \(pid (\d+)\) at (\S+)$/gm;
const IN_PROGRESS = /another update is currently in progress/i;

/** The locks that a CLI names which met them: one with its owner for each file, or one of Pulumi Cloud's. */
export function readLocks(stderr: string): readonly Lock[] {
  const owned = [...stderr.matchAll(OWNED)].map(([line, , user = "", host = "", pid, since = ""]) => ({
    text: line.trim().replace(/\?\S+: /, ": "),
    owner: { user, host, pid: Number(pid), since },
  }));
  if (owned.length > 0) return owned;
  return IN_PROGRESS.test(stderr) ? [{ text: stderr.trim().replace(/^error: /, "") }] : [];
}

/** Whether a lock's process is known to be dead: it was on this host, and is not there any more. */
export function isAbandoned({ owner }: Lock): boolean {
  return owner !== undefined && owner.host === hostname() && !isAlive(owner.pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Somebody else's process is alive, and may not be signalled.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  // One that has ended, and that nobody has asked about yet, can be signalled still.
  return !/^\d+ \(.*\) Z/s.test(statOf(pid));
}

function statOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return "";
  }
}
