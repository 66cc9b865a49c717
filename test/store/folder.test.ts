import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const FOLDER = join(import.meta.dirname, "../../store/folder.ts");
const noProc = existsSync("/proc/self") ? "" : " (skipped: there is no /proc)";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "imprimatur-folder-"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Makes a folder in a process of its own, which can be ended where it would never end. */
function make(path: string, mode = 0o777) {
  const script = `const { makeFolder } = await import(${JSON.stringify(FOLDER)});
try { makeFolder(process.argv[1], Number(process.argv[2])) } catch ({ code }) { console.log(code) }`;
  const args = ["--input-type=module", "--eval", script, path, String(mode)];
  const { stdout, stderr, signal } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 60_000 });
  return { said: stdout + stderr, signal };
}

const FINE = { said: "", signal: null };

describe("makeFolder", () => {
  it("makes what is missing with the mode asked for, and takes what is there as it is", () => {
    expect(make(join(root, "a/b"), 0o700)).toEqual(FINE);
    expect([join(root, "a"), join(root, "a/b")].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o700]);
    symlinkSync(join(root, "a"), join(root, "link"));
    expect(make(join(root, "link/b"))).toEqual(FINE);
    expect(statSync(join(root, "a/b")).mode & 0o777).toBe(0o700);
  });

  it("ends with what the system says where a file, or a link to nothing, is in the way", () => {
    writeFileSync(join(root, "file"), "");
    symlinkSync(join(root, "nothing"), join(root, "link"));
    expect(make(join(root, "file"))).toEqual({ said: "EEXIST\n", signal: null });
    expect(make(join(root, "file/a/b"))).toEqual({ said: "EEXIST\n", signal: null });
    expect(make(join(root, "link/a"))).toEqual({ said: "EEXIST\n", signal: null });
  });

  it.skipIf(noProc !== "")(`ends where a file system makes no folders${noProc}`, () => {
    expect(make("/proc/imprimatur/a")).toEqual({ said: "ENOENT\n", signal: null });
  });
});
