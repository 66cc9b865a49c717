import { spawn } from "node:child_process";
import { join } from "node:path";
import { refuseInput } from "../../release/errors.ts";
import type { SigningOptions } from "../signers.ts";

/** Applies a stack, and gives the exit code that it ended with. */
export type Apply = (stack: string) => Promise<number>;

/** What `imprimatur` starts. */
const COMMAND = join(import.meta.dirname, "../main.ts");

/**
 * Applies a stack by `imprimatur up`, as a process of its own, or by a command of the team's own, which is given the name of
 * the stack as its last argument. What it prints goes to standard error, so that our own result stays as it is.
 */
export function applyBy(command: string | undefined, root: string, { key, keyless }: SigningOptions): Apply {
  const signing = [...(key === undefined ? [] : ["--key", key]), ...(keyless ? ["--keyless"] : [])];
  return (stack) => {
    const [file, args] =
      command === undefined
        ? [process.execPath, [COMMAND, "-C", root, "up", stack, "--yes", ...signing]]
        : ["sh", ["-c", `${command} "$1"`, "sh", stack]];
    return run(file, args, command ?? "up", root);
  };
}

function run(file: string, args: readonly string[], name: string, cwd: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, stdio: ["inherit", 2, 2] });
    child.once("error", ({ message }) => {
      try {
        refuseInput({ file: "--apply", path: "", message: `cannot be started: ${message}`, value: name });
      } catch (error) {
        reject(error);
      }
    });
    // One that was killed has applied nothing that could be relied on.
    child.once("close", (code) => resolve(code ?? 1));
  });
}
