import { rmSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomically } from "../store/write.ts";

/** The change of one file, by its path below the root of the checkout. */
export interface FileEdit {
  readonly path: string;
  /** Undefined for a file that is new. */
  readonly before: string | undefined;
  readonly after: string | Uint8Array;
}

/** The change of a file that people read. */
export interface TextEdit extends FileEdit {
  readonly after: string;
}

/** Writes every file in the order given, or puts back those that were written when one cannot be. */
export function writeAll(root: string, edits: readonly FileEdit[]): void {
  const done: FileEdit[] = [];
  try {
    for (const edit of edits) {
      writeFileAtomically(join(root, edit.path), edit.after);
      done.push(edit);
    }
  } catch (error) {
    for (const { path, before } of done) {
      if (before === undefined) rmSync(join(root, path), { force: true });
      else writeFileAtomically(join(root, path), before);
    }
    throw error;
  }
}
