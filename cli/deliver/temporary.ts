import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs `work` with a directory of its own that only its owner can read. It is taken away afterwards, also where somebody
 * interrupts: logins for the copying tool are in it. XDG_RUNTIME_DIR is preferred, since it is in memory.
 */
export async function withTemporaryDirectory<T>(
  work: (directory: string) => Promise<T>,
  env = process.env,
): Promise<T> {
  const directory = mkdtempSync(join(env.XDG_RUNTIME_DIR ?? tmpdir(), "imprimatur-deliver-"));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  const stop = (signal: NodeJS.Signals) => {
    remove();
    process.kill(process.pid, signal);
  };
  for (const signal of SIGNALS) process.once(signal, stop);
  try {
    return await work(directory);
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
    remove();
  }
}
