import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { version as SDK_VERSION } from "@pulumi/pulumi/version.js";
import { refuseInput } from "../release/errors.ts";
import { sha256 } from "../release/json.ts";
import { makeFolder } from "../store/folder.ts";
import { type Environment, findCli, type PulumiCli, pulumiHome } from "./pulumiCli.ts";

/** Where the CLI's releases are, with their checksums. */
const RELEASES = "https://github.com/pulumi/pulumi/releases/download";

/** A mirror of {@link RELEASES}, for networks that cannot reach it. */
const MIRROR = "IMPRIMATUR_PULUMI_RELEASES";
/** The SHA-256 that the archive must have; what is published beside it by default. */
const PINNED = "IMPRIMATUR_PULUMI_SHA256";

/**
 * The CLI on the PATH or in the Pulumi home, or else the one of the SDK's version, downloaded into that home. What is
 * downloaded must have the checksum that was pinned or, where none was, the one that is published beside it.
 * @param say told before anything is downloaded
 * @throws InputError where it cannot be had, or is not what it should be
 */
export async function requireCli(env: Environment, say: (text: string) => void): Promise<PulumiCli> {
  const found = findCli(env);
  if (found !== undefined) return found;
  const place = { file: "pulumi", path: "" };
  const platform = platformName();
  if (platform === undefined) {
    refuseInput({ ...place, message: "is not on the PATH, and is not installed by itself on this system: install it" });
  }
  // CI runs unattended: what it runs is decided beforehand, not by who answers for a download host.
  if (env.CI === "true" && !env[PINNED]) {
    refuseInput({
      ...place,
      message: `is not on the PATH: in CI, install it with a checksum of your own, or set ${PINNED} to that of the archive`,
    });
  }
  const archive = `pulumi-v${SDK_VERSION}-${platform}.tar.gz`;
  const base = `${env[MIRROR] ?? RELEASES}/v${SDK_VERSION}`;
  say(`the Pulumi CLI is neither on the PATH nor in its home: downloading ${SDK_VERSION} from ${base}`);
  const bytes = await download(`${base}/${archive}`);
  const list = `${base}/pulumi-${SDK_VERSION}-checksums.txt`;
  const expected = env[PINNED] ?? publishedChecksum(await download(list), archive);
  const actual = sha256(bytes);
  if (actual !== expected?.toLowerCase()) {
    const message = `${archive} has the SHA-256 ${actual}, not ${expected ?? "one that is published"}: nothing was installed`;
    refuseInput({ ...place, message });
  }
  unpack(bytes, join(pulumiHome(env), "versions"));
  const installed = findCli(env);
  if (installed === undefined) refuseInput({ ...place, message: `${archive} holds no program of that name` });
  return installed;
}

/** As the names of archives have it; undefined where there is none that is unpacked alike. */
function platformName(): string | undefined {
  const system = { linux: "linux", darwin: "darwin" }[process.platform as string];
  const processor = { x64: "x64", arm64: "arm64" }[process.arch as string];
  return system === undefined || processor === undefined ? undefined : `${system}-${processor}`;
}

async function download(url: string): Promise<Uint8Array> {
  const fail = (message: string) => refuseInput({ file: "pulumi", path: "", message: `${url} ${message}` });
  const response = await fetch(url).catch((error: Error) => fail(`cannot be reached: ${error.message}`));
  if (!response.ok) fail(`answered ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** The checksum of a file in a list as `sha256sum` writes it. */
function publishedChecksum(list: Uint8Array, name: string): string | undefined {
  const lines = new TextDecoder().decode(list).split("\n");
  return lines.map((line) => line.trim().split(/\s+\*?/)).find(([, file]) => file === name)?.[0];
}

/** All of it or nothing: unpacked aside first, then renamed. */
function unpack(bytes: Uint8Array, versions: string): void {
  makeFolder(versions);
  const aside = mkdtempSync(join(versions, ".new-"));
  try {
    const archive = join(aside, "archive.tar.gz");
    writeFileSync(archive, bytes);
    const { status, stderr } = spawnSync("tar", ["-xzf", archive, "-C", aside], { encoding: "utf8" });
    if (status !== 0) refuseInput({ file: "pulumi", path: "", message: `cannot be unpacked: ${stderr}` });
    const target = join(versions, SDK_VERSION);
    makeFolder(target);
    // The archive has one folder, named after the program.
    if (!existsSync(join(target, "bin"))) renameSync(join(aside, "pulumi"), join(target, "bin"));
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}
