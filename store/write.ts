import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { makeFolder } from "./folder.ts";

/**
 * Writes a file as a whole or not at all: to a neighbour first, then renamed over the old one.
 * A reader sees the old bytes or the new, a crash leaves the old.
 */
export function writeFileAtomically(path: string, content: Uint8Array | string): void {
  viaNeighbour(path, content, (neighbour) => renameSync(neighbour, path));
}

/**
 * As {@link writeFileAtomically}, for a file that must be new.
 * @returns false, with nothing written, if the file is there already
 */
export function createFileAtomically(path: string, content: Uint8Array | string): boolean {
  let created = true;
  viaNeighbour(path, content, (neighbour) => {
    try {
      // A hard link, unlike a rename, fails where the name is taken.
      linkSync(neighbour, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      created = false;
    }
  });
  return created;
}

/** Whether a name is that of a neighbour, which a crash may have left: nobody has written it to its end. */
export function isNeighbour(name: string): boolean {
  return /\.[0-9a-f]{12}\.tmp$/.test(name);
}

function viaNeighbour(path: string, content: Uint8Array | string, publish: (neighbour: string) => void): void {
  makeFolder(dirname(path));
  const neighbour = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const handle = openSync(neighbour, "wx", 0o644);
    try {
      writeFileSync(handle, content);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    publish(neighbour);
  } finally {
    rmSync(neighbour, { force: true });
  }
}
