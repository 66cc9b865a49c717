import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { DockerDaemon, unmountBelow } from "./dockerDaemon.ts";
import { makeBase, makeNode } from "./imageBase.ts";
import type { ImageBuilder } from "./imageBuilder.ts";
import { RegistryServer } from "./registryServer.ts";
import { findTool, missingTools, until } from "./tools.ts";

const run = promisify(execFile);

/** Docker's client with buildx, a BuildKit and a daemon of the test's own, and a registry that holds the base. */
export class BuildKit implements ImageBuilder {
  readonly name = "docker";
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly #daemon: DockerDaemon;
  readonly #registry: RegistryServer;
  readonly #child: ChildProcess;
  base = "";

  private constructor(folder: string, daemon: DockerDaemon, registry: RegistryServer) {
    this.folder = folder;
    this.#daemon = daemon;
    this.#registry = registry;
    const config = join(folder, "docker");
    mkdirSync(join(config, "cli-plugins"), { recursive: true });
    symlinkSync(findTool("buildx") ?? "", join(config, "cli-plugins/docker-buildx"));
    this.env = { ...daemon.env, DOCKER_CONFIG: config, BUILDX_BUILDER: "test" };
    // In the place of this machine's configuration, which would be read otherwise.
    writeFileSync(join(folder, "buildkitd.toml"), "");
    this.#child = spawn(
      "buildkitd",
      [
        ...["--config", join(folder, "buildkitd.toml"), "--root", join(folder, "data"), "--addr", this.#address],
        // Builds go to their indexes as this host does.
        ...["--containerd-worker=false", "--oci-worker-net=host", "--allow-insecure-entitlement=network.host"],
      ],
      { stdio: "ignore" },
    );
  }

  /** Starts everything, or says why no image can be built here. */
  static async start(): Promise<BuildKit | string> {
    const missing = missingTools("docker", "dockerd", "buildx", "buildkitd", "runc", "docker-registry", "debootstrap");
    if (missing !== undefined) return missing;
    if (process.getuid?.() !== 0) return "debootstrap, dockerd and buildkitd take root";
    let daemon = await DockerDaemon.start({}, "overlay2");
    if (typeof daemon === "string") daemon = await DockerDaemon.start();
    if (typeof daemon === "string") return daemon;
    const folder = mkdtempSync(join(tmpdir(), "imprimatur-buildkit-"));
    const builder = new BuildKit(folder, daemon, await RegistryServer.start());
    try {
      await builder.#docker("buildx", "create", "--name", "test", "--driver", "remote", builder.#address);
      await until("buildkitd", async () => (await builder.#docker("buildx", "inspect", "--bootstrap")) !== "");
      const image = builder.#name("base");
      await run(
        "sh",
        ["-c", 'tar -C "$1" -c . | docker import - "$2"', "sh", await makeBase(), image],
        builder.#options,
      );
      builder.base = await builder.#push(image);
      return builder;
    } catch (error) {
      await builder.stop();
      const { stderr = "", message } = error as Error & { stderr?: string };
      return `no image can be built here: ${stderr.trim().split("\n").at(-1) || message}`;
    }
  }

  async nodeBase(): Promise<string> {
    return this.image("node", "COPY . /", await makeNode());
  }

  /** Makes an image on the base, and pushes it. Resolves to its name by digest. @param steps of a Dockerfile */
  async image(name: string, steps: string, context: string): Promise<string> {
    const dockerfile = join(this.folder, "Dockerfile");
    writeFileSync(dockerfile, `FROM ${this.#name("base")}\n${steps}\n`);
    await this.#docker("build", "--quiet", "--tag", this.#name(name), "--file", dockerfile, context);
    return this.#push(this.#name(name));
  }

  async layers(id: string): Promise<string[]> {
    return JSON.parse(await this.#docker("image", "inspect", "--format", "{{json .RootFS.Layers}}", id));
  }

  /** Each step that runs has a folder of its own. */
  async working(): Promise<number> {
    const executor = join(this.folder, "data/runc-overlayfs/executor");
    return readdirSync(executor, { withFileTypes: true }).filter((entry) => entry.isDirectory()).length;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.pid !== undefined) {
      const ended = new Promise((resolve) => this.#child.once("close", resolve));
      this.#child.kill();
      await ended;
    }
    await this.#daemon.stop();
    this.#registry.stop();
    await unmountBelow(this.folder);
    rmSync(this.folder, { recursive: true, force: true });
  }

  get #address(): string {
    return `unix://${join(this.folder, "buildkitd.sock")}`;
  }

  get #options() {
    return { env: { ...process.env, ...this.env } };
  }

  #name(name: string): string {
    return `${this.#registry.host}/${name}:latest`;
  }

  /** Resolves to the name by digest. */
  async #push(image: string): Promise<string> {
    await this.#docker("push", "--quiet", image);
    return this.#docker("image", "inspect", "--format", "{{index .RepoDigests 0}}", image);
  }

  async #docker(...args: readonly string[]): Promise<string> {
    return (await run("docker", args, this.#options)).stdout.trim();
  }
}
