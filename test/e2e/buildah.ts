import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { unmountBelow } from "./dockerDaemon.ts";
import { makeBase, makeNode } from "./imageBase.ts";
import type { ImageBuilder } from "./imageBuilder.ts";
import { missingTools } from "./tools.ts";

const run = promisify(execFile);

/** buildah with a store of its own, in chroots: it takes root, and no namespaces. */
export class Buildah implements ImageBuilder {
  readonly name = "buildah";
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  base = "";

  /** @param driver how layers are kept; vfs works on every file system, and copies them all for each container */
  private constructor(folder: string, driver: "overlay" | "vfs") {
    this.folder = folder;
    const at = (name: string) => join(folder, name);
    const storage = `[storage]\ndriver = "${driver}"\ngraphroot = "${at("root")}"\nrunroot = "${at("run")}"\n`;
    writeFileSync(at("storage.conf"), storage);
    this.env = { CONTAINERS_STORAGE_CONF: at("storage.conf"), BUILDAH_ISOLATION: "chroot" };
  }

  /** Starts with a store that holds the base alone, or says why no image can be built here. */
  static async start(): Promise<Buildah | string> {
    const missing = missingTools("buildah", "debootstrap", "unshare", "ip");
    if (missing !== undefined) return missing;
    if (process.getuid?.() !== 0) return "debootstrap and buildah without a user namespace take root";
    const overlay = await Buildah.#with("overlay");
    return typeof overlay === "string" ? Buildah.#with("vfs") : overlay;
  }

  static async #with(driver: "overlay" | "vfs"): Promise<Buildah | string> {
    const builder = new Buildah(mkdtempSync(join(tmpdir(), "imprimatur-buildah-")), driver);
    try {
      builder.base = await builder.#commit("scratch", await makeBase(), "base");
      return builder;
    } catch (error) {
      await builder.stop();
      const { stderr = "", message } = error as Error & { stderr?: string };
      return `no image can be built here: ${stderr.trim().split("\n").at(-1) || message}`;
    }
  }

  async nodeBase(): Promise<string> {
    return this.#commit(this.base, await makeNode(), "node");
  }

  async layers(id: string): Promise<string[]> {
    const format = "{{range .OCIv1.RootFS.DiffIDs}}{{.}} {{end}}";
    return (await this.#buildah("inspect", "--type", "image", "--format", format, id.replace("sha256:", ""))).split(
      " ",
    );
  }

  async working(): Promise<number> {
    return (await this.#buildah("containers", "--quiet")).split("\n").filter(Boolean).length;
  }

  async stop(): Promise<void> {
    await unmountBelow(this.folder);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** An image with the files of a folder on top of another. Resolves to its name by digest. */
  async #commit(from: string, files: string, name: string): Promise<string> {
    const container = await this.#buildah("from", "--pull-never", from);
    await this.#buildah("add", "--quiet", container, files, "/");
    await this.#buildah("commit", "--quiet", "--rm", container, `localhost/${name}:latest`);
    const digest = await this.#buildah("images", "--format", "{{.Digest}}", `localhost/${name}:latest`);
    return `localhost/${name}@${digest}`;
  }

  async #buildah(...args: readonly string[]): Promise<string> {
    return (await run("buildah", args, { env: { ...process.env, ...this.env } })).stdout.trim();
  }
}
