import { spawn } from "node:child_process";

/** How a program has ended. */
export interface Ended {
  /** Exit code; null where a signal has ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs a program to its end, whatever that is. Where somebody interrupts us, it is ended as well. */
export function runProgram(
  program: string,
  args: readonly string[],
  {
    input = "",
    env = process.env,
    onLine = () => undefined,
  }: {
    readonly input?: string;
    readonly env?: NodeJS.ProcessEnv;
    readonly onLine?: (line: string) => void;
  } = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ["pipe", "pipe", "pipe"] });
    const stop = (signal: NodeJS.Signals) => void child.kill(signal);
    for (const signal of SIGNALS) process.prependOnceListener(signal, stop);
    const output = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream].setEncoding("utf8").on("data", (chunk: string) => {
        output[stream] += chunk;
        for (const line of chunk.split(/[\r\n]+/)) if (line.trim() !== "") onLine(line.trim());
      });
    }
    // It may have ended before it has read everything.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    child.on("error", reject);
    child.on("close", (code) => {
      for (const signal of SIGNALS) process.off(signal, stop);
      resolve({ code, ...output });
    });
  });
}
