import { type ChildProcess, spawn } from "node:child_process";
import { COMMAND } from "../cli/checkout.ts";
import { descendants, endPlugin } from "./processes.ts";

/** An update that a test kills: `imprimatur up dev`, in a process group of its own. */
export class KillableUpdate {
  /** What outlives it: the plugins of the CLI have process groups of their own, and work on. */
  static readonly #plugins = new Set<number>();

  readonly #child: ChildProcess;
  /** When it has come to its end, killed or not. */
  readonly exited: Promise<void>;

  /** @param env besides that of this process */
  constructor(root: string, env: Readonly<Record<string, string | undefined>>) {
    this.#child = spawn(process.execPath, [COMMAND, "up", "dev", "--yes"], {
      cwd: root,
      env: { ...process.env, ...env },
      detached: true,
      stdio: "ignore",
    });
    this.exited = new Promise((resolve) => this.#child.once("exit", () => resolve()));
  }

  get hasEnded(): boolean {
    return this.exitCode !== null || this.#child.signalCode !== null;
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** @param all whether its plugins end as well */
  async kill(all: boolean): Promise<void> {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error("the update did not start");
    const below = descendants(pid);
    process.kill(-pid, "SIGKILL");
    for (const plugin of below) KillableUpdate.#plugins.add(plugin);
    if (all) for (const plugin of below) endPlugin(plugin);
    await this.exited;
  }

  /** Ends what has outlived the updates that were killed. */
  static endPlugins(): void {
    for (const plugin of KillableUpdate.#plugins) endPlugin(plugin);
  }
}
