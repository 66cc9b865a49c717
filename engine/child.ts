import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";

/** How a process ended, and what it had written by then. */
export interface Exit {
  /** Absent where a signal ended it. */
  readonly code?: number;
  readonly signal?: NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Child {
  readonly exited: Promise<Exit>;
  /** The first line on the standard output; undefined where the process ended without one. */
  readonly firstLine: Promise<string | undefined>;
  /** Ends the process at once; does nothing where it has ended. */
  kill(): void;
}

/**
 * Run in every child before its script: an open channel to the parent closes when the parent dies, however it dies.
 * The channel itself keeps no child alive.
 */
const DIE_WITH_PARENT =
  'data:text/javascript,process.once("disconnect", () => process.exit(1)); process.channel?.unref();';

/** Variables that a process may need to run at all, and that say nothing about what a stack should contain. */
const PASSED_ON = ["PATH", "SystemRoot", "TMPDIR", "TEMP", "TMP"];

/** Starts a Node script with only the given environment, so that the caller's own cannot change what it computes. */
export function startNode(
  script: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Child {
  const passedOn = PASSED_ON.flatMap((key) => (process.env[key] === undefined ? [] : [[key, process.env[key]]]));
  const child = spawn(process.execPath, ["--import", DIE_WITH_PARENT, script, ...args], {
    cwd: options.cwd,
    env: { ...Object.fromEntries(passedOn), TZ: "UTC", ...options.env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  }) as ChildProcessByStdio<null, Readable, Readable>;

  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      resolve({ ...(code === null ? {} : { code }), ...(signal === null ? {} : { signal }), stdout, stderr });
    });
  });
  const firstLine = new Promise<string | undefined>((resolve) => {
    const look = () => {
      const end = stdout.indexOf("\n");
      if (end >= 0) resolve(stdout.slice(0, end).trim());
    };
    child.stdout.on("data", look);
    exited.then(
      () => resolve(undefined),
      () => resolve(undefined),
    );
  });
  return { exited, firstLine, kill: () => void child.kill("SIGKILL") };
}
