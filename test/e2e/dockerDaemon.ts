import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { missingTools } from "./tools.ts";

const run = promisify(execFile);

/** A Docker daemon of the test's own: its data, its socket and nothing of this machine's network. */
export class DockerDaemon {
  readonly #folder: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  /** What a process needs in its environment to talk to it. */
  readonly env: Readonly<Record<string, string>>;

  private constructor(folder: string, child: ChildProcess) {
    this.#folder = folder;
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once("close", () => resolve()));
    this.env = { DOCKER_HOST: `unix://${join(folder, "docker.sock")}`, DOCKER_BUILDKIT: "0" };
  }

  /**
   * Starts a daemon, or says why it cannot run here.
   * @param env how it reaches registries
   * @param storage how it keeps layers; vfs works on every file system, and copies them all for each container
   */
  static async start(
    env: Readonly<Record<string, string>> = {},
    storage: "vfs" | "overlay2" = "vfs",
  ): Promise<DockerDaemon | string> {
    const missing = missingTools("dockerd", "docker");
    if (missing !== undefined) return missing;
    const folder = mkdtempSync(join(tmpdir(), "imprimatur-docker-"));
    const at = (name: string) => join(folder, name);
    // No bridge and no firewall rules, which only privileged daemons may make.
    const isolated = ["--bridge=none", "--iptables=false", "--ip6tables=false", `--storage-driver=${storage}`];
    const places = ["--data-root", at("data"), "--exec-root", at("exec"), "--pidfile", at("pid")];
    // In the place of this machine's configuration, which would be read otherwise.
    writeFileSync(at("none.json"), "{}");
    const args = ["--host", `unix://${at("docker.sock")}`, "--config-file", at("none.json"), ...places, ...isolated];
    const child = spawn("dockerd", args, { env: { ...process.env, ...env }, stdio: ["ignore", "ignore", "pipe"] });
    let log = "";
    child.stderr.on("data", (chunk) => {
      log += chunk;
    });
    child.on("error", (error) => {
      log += error.message;
    });
    const daemon = new DockerDaemon(folder, child);
    for (let tries = 0; tries < 150 && child.exitCode === null && child.pid !== undefined; tries += 1) {
      const isUp = await daemon.docker("info").then(
        () => true,
        () => false,
      );
      if (isUp) return daemon;
      await sleep(200);
    }
    await daemon.stop();
    return `dockerd does not run here: ${log.trim().split("\n").at(-1) || "it said nothing"}`;
  }

  /** Runs the client. Resolves to what it prints. */
  async docker(command: string, ...args: readonly string[]): Promise<string> {
    const { stdout } = await run("docker", [command, ...args], { env: { ...process.env, ...this.env } });
    return stdout;
  }

  /** Ends the daemon, which ends its own containerd, and takes its data away. */
  async stop(): Promise<void> {
    if (this.#child.pid !== undefined) {
      this.#child.kill();
      await this.#ended;
    }
    await unmountBelow(this.#folder);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** What a daemon leaves mounted must go before its folder does: deleting would reach through it. */
export async function unmountBelow(folder: string): Promise<void> {
  for (const point of mountsBelow(folder)) await run("umount", [point]);
}

/** Mount points below a folder, the innermost first. */
function mountsBelow(folder: string): string[] {
  if (!existsSync("/proc/mounts")) return [];
  const points = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "");
  return points.filter((point) => point.startsWith(`${folder}/`)).reverse();
}
