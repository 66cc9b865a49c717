import { randomBytes } from "node:crypto";
import { existsSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeFolder } from "./folder.ts";
import { writeFileAtomically } from "./write.ts";

/**
 * Replaces some entries of a folder by others: all of them or, where anything fails, none.
 * Everything new is written aside first; then whole entries are renamed, and put back if one cannot be.
 * @param replaced names below `root`, none below another, that go away, whether or not something new takes their place
 * @param files what comes in, by path below `root`; each below one of the replaced names
 */
export function swapEntries(root: string, replaced: readonly string[], files: ReadonlyMap<string, string>): void {
  const aside = join(root, `.imprimatur-${randomBytes(6).toString("hex")}`);
  const [coming, going] = [join(aside, "new"), join(aside, "old")];
  const undo: (() => void)[] = [];
  const move = (from: string, to: string) => {
    if (!existsSync(from)) return;
    makeFolder(dirname(to));
    renameSync(from, to);
    undo.unshift(() => renameSync(to, from));
  };
  try {
    for (const [path, text] of files) writeFileAtomically(join(coming, path), text);
    for (const name of replaced) move(join(root, name), join(going, name));
    for (const name of replaced) move(join(coming, name), join(root, name));
  } catch (error) {
    for (const step of undo) step();
    throw error;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}
