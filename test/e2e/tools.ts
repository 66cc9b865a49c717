import type { ChildProcess } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** The path of a program on PATH; undefined where it is not there. npm's own launchers do not count. */
export function findTool(name: string): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));
  return folders
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** The first tools of a list that are not on PATH, as the reason why a test is skipped; undefined where all are. */
export function missingTools(...names: readonly string[]): string | undefined {
  const missing = names.filter((name) => findTool(name) === undefined);
  return missing.length === 0 ? undefined : `${missing.join(", ")} not on PATH`;
}

/** A port of the loopback interface that nothing listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** Waits until something holds; gives up after half a minute, or as many tries as are given, each at least a fifth of a second. */
export async function until(what: string, holds: () => Promise<boolean>, most = 150): Promise<void> {
  for (let tries = 0; tries < most; tries += 1) {
    if (await holds().catch(() => false)) return;
    await sleep(200);
  }
  throw new Error(`${what} did not come about`);
}

/** Kills a process, and waits until it is gone. */
export function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });
}
