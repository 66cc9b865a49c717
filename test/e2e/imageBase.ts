import { execFile } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const SUITE = "bookworm";
const PACKAGES = "python3,python3-venv,python3-pip,ca-certificates";
const NPM = "10.9.2";

/** Debian with Python in it. Made once: it takes minutes, and no image can be pulled where tests run. */
export async function makeBase(): Promise<string> {
  const base = join(tmpdir(), `imprimatur-${SUITE}-base`);
  return once(base, "usr/bin/python3", async (folder) => {
    await run("debootstrap", ["--variant=minbase", `--include=${PACKAGES}`, SUITE, folder, mirror()], {
      maxBuffer: 64 * 1024 * 1024,
    });
    rmSync(join(folder, "var/cache/apt/archives"), { recursive: true, force: true });
  });
}

/** What a base has to get to have Node and npm as well. Made once. */
export async function makeNode(): Promise<string> {
  const node = join(tmpdir(), `imprimatur-node-${process.versions.node}-npm-${NPM}`);
  return once(node, "usr/local/bin/npm", async (folder) => {
    const at = (path: string) => join(folder, "usr/local", path);
    // It becomes the root of an image.
    chmodSync(folder, 0o755);
    for (const path of ["bin", "lib/node_modules"]) mkdirSync(at(path), { recursive: true });
    cpSync(process.execPath, at("bin/node"));
    const { stdout } = await run("npm", ["pack", `npm@${NPM}`, "--silent", "--pack-destination", folder], {
      cwd: tmpdir(),
    });
    const archive = join(folder, stdout.trim());
    await run("tar", ["-xzf", archive, "-C", at("lib/node_modules"), "--no-same-owner"]);
    rmSync(archive);
    renameSync(at("lib/node_modules/package"), at("lib/node_modules/npm"));
    symlinkSync("../lib/node_modules/npm/bin/npm-cli.js", at("bin/npm"));
  });
}

/** A folder that is there as a whole or not at all. @param last what is in it when it is done */
async function once(target: string, last: string, make: (folder: string) => Promise<void>): Promise<string> {
  if (existsSync(join(target, last))) return target;
  const folder = mkdtempSync(`${target}-`);
  try {
    await make(folder);
    renameSync(folder, target);
    return target;
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
