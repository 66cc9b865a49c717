import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { missingTools } from "./tools.ts";

const run = promisify(execFile);
const SUITE = "bookworm";
/** Made once: it takes minutes, and no image can be pulled where tests run. */
const BASE = join(tmpdir(), `imprimatur-${SUITE}-base`);
const PACKAGES = "python3,python3-venv,python3-pip,ca-certificates";

/** buildah with a store of the test's own, and an image of Debian with Python in it. */
export class ImageBuilder {
  readonly #folder: string;
  /** What a process needs in its environment to use the store. */
  readonly env: Readonly<Record<string, string>>;
  /** The base, by digest. */
  readonly base: string;

  private constructor(folder: string, env: Readonly<Record<string, string>>, base: string) {
    this.#folder = folder;
    this.env = env;
    this.base = base;
  }

  /** Starts with a store that holds the base alone, or says why no image can be built here. */
  static async start(): Promise<ImageBuilder | string> {
    const missing = missingTools("buildah", "debootstrap", "unshare");
    if (missing !== undefined) return missing;
    if (process.getuid?.() !== 0) return "debootstrap and buildah without a user namespace take root";
    const folder = mkdtempSync(join(tmpdir(), "imprimatur-buildah-"));
    const at = (name: string) => join(folder, name);
    writeFileSync(
      at("storage.conf"),
      `[storage]\ndriver = "vfs"\ngraphroot = "${at("root")}"\nrunroot = "${at("run")}"\n`,
    );
    const env = { CONTAINERS_STORAGE_CONF: at("storage.conf"), BUILDAH_ISOLATION: "chroot" };
    const buildah = async (...args: string[]) =>
      (await run("buildah", args, { env: { ...process.env, ...env } })).stdout.trim();
    try {
      await makeBase();
      const container = await buildah("from", "scratch");
      await buildah("add", "--quiet", container, BASE, "/");
      await buildah("commit", "--quiet", "--rm", container, "localhost/base:latest");
      const digest = await buildah("images", "--format", "{{.Digest}}", "localhost/base:latest");
      return new ImageBuilder(folder, env, `localhost/base@${digest}`);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      const { stderr = "", message } = error as Error & { stderr?: string };
      return `no image can be built here: ${stderr.trim().split("\n").at(-1) || message}`;
    }
  }

  /** Options of `image build`, so that pip gets to its index as it does outside: with its settings and certificates. */
  get options(): string[] {
    const settings = Object.entries(process.env).flatMap(([name, value]) => {
      const [, key] = /^PIP_(INDEX_URL|EXTRA_INDEX_URL|TRUSTED_HOST|PROXY)$/.exec(name) ?? [];
      return key === undefined ? [] : [`${key.toLowerCase().replaceAll("_", "-")} = ${value}`];
    });
    const system = existsSync("/etc/pip.conf") ? readFileSync("/etc/pip.conf", "utf8") : "[global]\n";
    // What the machine says of certificates is told as a secret of its own.
    const kept = system.split("\n").filter((line) => !/^\s*(cert|find-links)\s*=/.test(line));
    writeFileSync(join(this.#folder, "pip.conf"), `${kept.join("\n").trimEnd()}\n${settings.join("\n")}\n`);
    const bundle = process.env.PIP_CERT ?? process.env.SSL_CERT_FILE;
    return [
      ...["--builder", "buildah", "--network", "host", "--secret", `id=pip,src=${join(this.#folder, "pip.conf")}`],
      ...(bundle === undefined ? [] : ["--secret", `id=ca,src=${bundle}`]),
    ];
  }

  /** Layers of an image that the store has, by digest. */
  async layers(image: string): Promise<string[]> {
    const args = ["inspect", "--type", "image", "--format", "{{range .OCIv1.RootFS.DiffIDs}}{{.}} {{end}}", image];
    return (await this.#buildah(args)).trim().split(" ");
  }

  /** How many containers are at work, such as those of a build. */
  async working(): Promise<number> {
    return (await this.#buildah(["containers", "--quiet"])).split("\n").filter(Boolean).length;
  }

  async #buildah(args: readonly string[]): Promise<string> {
    return (await run("buildah", args, { env: { ...process.env, ...this.env } })).stdout;
  }

  stop(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function makeBase(): Promise<void> {
  if (existsSync(join(BASE, "usr/bin/python3"))) return;
  const folder = mkdtempSync(`${BASE}-`);
  try {
    await run("debootstrap", ["--variant=minbase", `--include=${PACKAGES}`, SUITE, folder, mirror()], {
      maxBuffer: 64 * 1024 * 1024,
    });
    rmSync(join(folder, "var/cache/apt/archives"), { recursive: true, force: true });
    renameSync(folder, BASE);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** The mirror that this machine itself uses, if it is a Debian. */
function mirror(): string {
  const folder = "/etc/apt/sources.list.d";
  const files = [
    "/etc/apt/sources.list",
    ...(existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []),
  ];
  const text = files.filter((file) => existsSync(file)).map((file) => readFileSync(file, "utf8"));
  const [, found] =
    /^(?:deb|URIs:)\s+(?:\[[^\]]*\]\s+)?(https?:\/\/\S+\/debian)\/?(?:\s|$)/m.exec(text.join("\n")) ?? [];
  return found ?? "http://deb.debian.org/debian";
}
