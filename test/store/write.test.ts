import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFileAtomically, writeFileAtomically } from "../../store/write.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "imprimatur-write-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("writeFileAtomically", () => {
  it("makes the directories that are missing, and leaves nothing else behind", () => {
    writeFileAtomically(join(folder, "a/b/c.json"), "new");
    expect(readFileSync(join(folder, "a/b/c.json"), "utf8")).toBe("new");
    expect(readdirSync(join(folder, "a/b"))).toEqual(["c.json"]);
  });

  it("replaces a file as a whole: whoever has it open still reads the old one", () => {
    const path = join(folder, "plan.json");
    writeFileSync(path, "the old bytes");
    const before = statSync(path).ino;
    writeFileAtomically(path, "new");
    expect(readFileSync(path, "utf8")).toBe("new");
    expect(statSync(path).ino).not.toBe(before);
  });

  it("writes bytes as they are", () => {
    writeFileAtomically(join(folder, "bytes"), new Uint8Array([0, 255, 13, 10]));
    expect([...readFileSync(join(folder, "bytes"))]).toEqual([0, 255, 13, 10]);
  });

  it("leaves no neighbour behind where it cannot replace", () => {
    mkdirSync(join(folder, "taken/inner"), { recursive: true });
    expect(() => writeFileAtomically(join(folder, "taken"), "new")).toThrow();
    expect(readdirSync(folder)).toEqual(["taken"]);
    expect(readdirSync(join(folder, "taken"))).toEqual(["inner"]);
  });
});

describe("createFileAtomically", () => {
  it("creates once: the second try changes nothing and says so", () => {
    const path = join(folder, "ledger/1.json");
    expect(createFileAtomically(path, "first")).toBe(true);
    expect(createFileAtomically(path, "second")).toBe(false);
    expect(readFileSync(path, "utf8")).toBe("first");
    expect(readdirSync(join(folder, "ledger"))).toEqual(["1.json"]);
  });

  it("writes the file for everybody to read, and only its owner to write", () => {
    const path = join(folder, "1.json");
    createFileAtomically(path, "first");
    expect(statSync(path).mode & 0o022).toBe(0);
    chmodSync(path, 0o444);
    expect(createFileAtomically(path, "second")).toBe(false);
  });

  it("throws where the directory is none", () => {
    writeFileSync(join(folder, "file"), "");
    expect(() => createFileAtomically(join(folder, "file/1.json"), "x")).toThrow();
    expect(existsSync(join(folder, "file/1.json"))).toBe(false);
  });
});
