import { closeSync, fstatSync, openSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { join, sep } from "node:path";
import type { Files } from "../release/files.ts";
import { isNeighbour } from "./write.ts";

/**
 * The files of a working tree, below `root`. A path or a link that leads out of the tree is not there,
 * and neither is anything that is no regular file: nothing outside a checkout can pass for its content. What a crash left
 * of a file that was being written is not listed.
 */
export function workingTree(root: string): Files {
  const base = realpathSync(root);
  const inside = (path: string): string | undefined => {
    try {
      const real = realpathSync(join(base, path));
      return real === base || real.startsWith(base + sep) ? real : undefined;
    } catch {
      return undefined;
    }
  };
  return {
    read: (path) => {
      const real = inside(path);
      return real === undefined ? undefined : readRegular(real);
    },
    list: (directory) => {
      const real = inside(directory);
      if (real === undefined) return [];
      try {
        return readdirSync(real)
          .filter((name) => !isNeighbour(name))
          .sort();
      } catch {
        return [];
      }
    },
  };
}

function readRegular(path: string): Uint8Array | undefined {
  const handle = openSync(path, "r");
  try {
    return fstatSync(handle).isFile() ? readFileSync(handle) : undefined;
  } finally {
    closeSync(handle);
  }
}
