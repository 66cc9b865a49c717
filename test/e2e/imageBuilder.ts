import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Buildah } from "./buildah.ts";
import { BuildKit } from "./buildKit.ts";

/** What builds images here, with a store of the test's own that holds the base. */
export interface ImageBuilder {
  /** What `image build --builder` calls it. */
  readonly name: "buildah" | "docker";
  /** What a process needs in its environment to use it. */
  readonly env: Readonly<Record<string, string>>;
  /** Debian with Python, by digest. */
  readonly base: string;
  /** For files of the test's own. */
  readonly folder: string;
  /** The base with Node and npm, by digest. */
  readonly nodeBase: () => Promise<string>;
  /** Layers of an image by its id, unpacked, by digest. */
  readonly layers: (id: string) => Promise<string[]>;
  /** How many containers are at work, such as those of a build. */
  readonly working: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

/** Each starts, or says why no image can be built with it here. */
export const BUILDERS: Readonly<Record<string, () => Promise<ImageBuilder | string>>> = {
  buildah: () => Buildah.start(),
  "Docker with BuildKit": () => BuildKit.start(),
};

/** Options of `image build`, so that pip and npm get to their indexes as outside: with their settings and certificates. */
export function buildOptions({ name, folder }: ImageBuilder): string[] {
  const files = { pip: join(folder, "pip.conf"), npmrc: join(folder, "npmrc") };
  writeFileSync(files.pip, pipSettings());
  writeFileSync(files.npmrc, npmSettings());
  const bundle = process.env.PIP_CERT ?? process.env.SSL_CERT_FILE;
  const secrets = { ...files, ...(bundle === undefined ? {} : { ca: bundle }) };
  return [
    ...["--builder", name, "--network", "host"],
    ...Object.entries(secrets).flatMap(([id, file]) => ["--secret", `id=${id},src=${file}`]),
  ];
}

function pipSettings(): string {
  const settings = Object.entries(process.env).flatMap(([name, value]) => {
    const [, key] = /^PIP_(INDEX_URL|EXTRA_INDEX_URL|TRUSTED_HOST|PROXY)$/.exec(name) ?? [];
    return key === undefined ? [] : [`${key.toLowerCase().replaceAll("_", "-")} = ${value}`];
  });
  const system = existsSync("/etc/pip.conf") ? readFileSync("/etc/pip.conf", "utf8") : "[global]\n";
  // What the machine says of certificates is told as a secret of its own.
  const kept = system.split("\n").filter((line) => !/^\s*(cert|find-links)\s*=/.test(line));
  return `${kept.join("\n").trimEnd()}\n${settings.join("\n")}\n`;
}

function npmSettings(): string {
  const ask = (key: string) => execFileSync("npm", ["config", "get", key], { stdio: ["ignore", "pipe", "ignore"] });
  const file = ask("userconfig").toString("utf8").trim();
  const own = existsSync(file) ? readFileSync(file, "utf8") : "";
  // Of what the machine says, where packages are and who may have them.
  const kept = own.split("\n").filter((line) => /^\s*(\/\/|@)/.test(line));
  return [...kept, `registry=${ask("registry").toString("utf8").trim()}`, ""].join("\n");
}
