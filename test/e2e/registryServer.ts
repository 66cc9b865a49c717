import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { sha256 } from "../../release/json.ts";

/** Whether Debian's `docker-registry` (CNCF distribution) can be started here. */
export const hasRegistry = (() => {
  try {
    execFileSync("docker-registry", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

const INDEX = "application/vnd.oci.image.index.v1+json";
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
export const HELM_CONFIG = "application/vnd.cncf.helm.config.v1+json";

/** A real registry on this machine, with its data in a folder of its own. */
export class RegistryServer {
  readonly host: string;
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(host: string, process: ChildProcess, folder: string) {
    this.host = host;
    this.#process = process;
    this.#folder = folder;
  }

  /** @param auth what the registry's configuration says under `auth`, given a folder to put files into */
  static async start(auth: (folder: string) => string = () => ""): Promise<RegistryServer> {
    const folder = mkdtempSync(join(tmpdir(), "imprimatur-registry-"));
    const host = `127.0.0.1:${await freePort()}`;
    const config = `version: 0.1
log: { level: error }
storage: { filesystem: { rootdirectory: ${folder}/data } }
http: { addr: "${host}" }
${auth(folder)}`;
    writeFileSync(join(folder, "config.yml"), config);
    const child = spawn("docker-registry", ["serve", join(folder, "config.yml")], { stdio: "ignore" });
    const server = new RegistryServer(host, child, folder);
    for (let tries = 0; tries < 600 && child.exitCode === null; tries += 1) {
      const up = await fetch(`http://${host}/v2/`).then(
        () => true,
        () => false,
      );
      if (up) return server;
      await sleep(50);
    }
    server.stop();
    throw new Error("docker-registry did not start");
  }

  stop(): void {
    this.#process.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Stores bytes as a blob. Returns their digest. */
  async pushBlob(repository: string, bytes: string, authorization: string): Promise<string> {
    const digest = `sha256:${sha256(bytes)}`;
    const base = `http://${this.host}`;
    const begun = await fetch(`${base}/v2/${repository}/blobs/uploads/`, {
      method: "POST",
      headers: { authorization },
    });
    const upload = new URL(begun.headers.get("location") ?? "", base);
    upload.searchParams.set("digest", digest);
    const headers = { authorization, "content-type": "application/octet-stream" };
    await expectStatus(201, await fetch(upload, { method: "PUT", headers, body: bytes }));
    return digest;
  }

  /** Stores a manifest under a tag or, where none is given, its digest. Returns the digest. */
  async pushManifest(
    repository: string,
    type: string,
    manifest: object,
    authorization: string,
    tag?: string,
  ): Promise<string> {
    const body = JSON.stringify({ schemaVersion: 2, mediaType: type, ...manifest });
    const digest = `sha256:${sha256(body)}`;
    const url = `http://${this.host}/v2/${repository}/manifests/${tag ?? digest}`;
    const headers = { authorization, "content-type": type };
    await expectStatus(201, await fetch(url, { method: "PUT", headers, body }));
    return digest;
  }

  /** Stores one platform's image, or a chart, and returns its descriptor. */
  async pushSingle(repository: string, configType: string, content: string, authorization: string, tag?: string) {
    const config = await this.pushBlob(repository, content, authorization);
    const manifest = { config: { mediaType: configType, digest: config, size: content.length }, layers: [] };
    const digest = await this.pushManifest(repository, MANIFEST, manifest, authorization, tag);
    const size = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, ...manifest }).length;
    return { mediaType: MANIFEST, digest, size };
  }

  /** Stores an image for two platforms under a tag. Returns the digest of its index, and those of the platforms. */
  async pushIndex(repository: string, tag: string, content: string, authorization: string) {
    const platforms = ["amd64", "arm64"];
    const manifests = [];
    for (const architecture of platforms) {
      const config = JSON.stringify({ architecture, os: "linux", content });
      const type = "application/vnd.oci.image.config.v1+json";
      const descriptor = await this.pushSingle(repository, type, config, authorization);
      manifests.push({ ...descriptor, platform: { architecture, os: "linux" } });
    }
    const digest = await this.pushManifest(repository, INDEX, { manifests }, authorization, tag);
    return { digest, platforms: manifests.map((manifest) => manifest.digest) };
  }
}

async function expectStatus(status: number, response: Response): Promise<void> {
  if (response.status !== status) throw new Error(`status ${response.status}: ${await response.text()}`);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
