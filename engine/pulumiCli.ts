import { spawn } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, sep } from "node:path";
import { rcompare, valid } from "semver";

/** How a run of the Pulumi CLI ended, and what it wrote. */
export interface CliExit {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a run of the CLI takes place. */
interface RunOptions {
  readonly cwd: string;
  readonly env: Environment;
}

/** An installed Pulumi CLI. */
export interface PulumiCli {
  /** Absolute path of the program. */
  readonly path: string;
  run(args: readonly string[], options: RunOptions): Promise<CliExit>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the CLI keeps what is the user's: versions, plugins, logins. */
export function pulumiHome(env: Environment): string {
  return env.PULUMI_HOME ?? join(homedir(), ".pulumi");
}

/**
 * The CLI on the PATH or in the Pulumi home, its newest version first. The launcher that the npm package `pulumi` puts
 * on the PATH does not count: it would download what it launches.
 */
export function findCli(env: Environment): PulumiCli | undefined {
  const home = pulumiHome(env);
  const versions = existsSync(join(home, "versions")) ? readdirSync(join(home, "versions")) : [];
  const newestFirst = versions.filter((version) => valid(version) !== null).sort(rcompare);
  const folders = [
    ...(env.PATH ?? "").split(delimiter).filter((folder) => !folder.split(sep).includes("node_modules")),
    ...newestFirst.map((version) => join(home, "versions", version, "bin")),
    join(home, "bin"),
  ];
  const name = process.platform === "win32" ? "pulumi.exe" : "pulumi";
  const path = folders.map((folder) => join(folder, name)).find(isExecutable);
  return path === undefined ? undefined : { path, run: (args, options) => run(path, args, options) };
}

/** Whether some backend was chosen: by environment, in `Pulumi.yaml`, or by `pulumi login`. */
export function hasBackend(env: Environment, projectBackend: string | undefined): boolean {
  return Boolean(env.PULUMI_BACKEND_URL || projectBackend || env.PULUMI_ACCESS_TOKEN || loginOf(env));
}

/** The backend that `pulumi login` has chosen, such as `s3://bucket`. */
export function loginOf(env: Environment): string | undefined {
  try {
    const { current } = JSON.parse(readFileSync(join(pulumiHome(env), "credentials.json"), "utf8"));
    return typeof current === "string" && current !== "" ? current : undefined;
  } catch {
    return undefined;
  }
}

/** Settings of the caller's that would change what a program registers or how it is judged, and not only how it is applied. */
const LEFT_OUT =
  /^(NODE_OPTIONS|PULUMI_K8S_.*|PULUMI_EXPERIMENTAL.*|PULUMI_CONFIG|PULUMI_OPTION_.*|IMPRIMATUR_(AGAINST|TRUST|AT|UPDATE))$/;

/** The CLI's environment: the caller's, for credentials, with our own Node and nothing that changes a plan. */
export function cliEnvironment(env: Environment, own: Environment): Environment {
  const kept = Object.entries(env).filter(([key]) => !LEFT_OUT.test(key));
  return {
    ...Object.fromEntries(kept),
    // The Node that runs us also runs the program, whichever one the host has.
    PATH: [dirname(process.execPath), env.PATH ?? ""].join(delimiter),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // A preview downloads nothing: a missing plugin is an error that names it.
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // Without it, the CLI does not write its events to a file.
    PULUMI_DEBUG_COMMANDS: "true",
    ...own,
  };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function run(path: string, args: readonly string[], { cwd, env }: RunOptions): Promise<CliExit> {
  return new Promise((resolve, reject) => {
    const all = [...args, "--non-interactive", "--color", "never"];
    // The language host is beside the CLI.
    const PATH = [env.PATH ?? "", dirname(path)].join(delimiter);
    const child = spawn(path, all, { cwd, env: { ...env, PATH }, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? 1, stdout, stderr }));
  });
}
