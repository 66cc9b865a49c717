import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRepository, type Repository } from "../../store/git.ts";

let folder: string;
let root: string;
const git = (...args: string[]) => {
  const identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"];
  return execFileSync("git", ["-C", root, ...identity, ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }).trim();
};
const commit = (message: string) => {
  git("add", "-A");
  git("commit", "-q", "-m", message);
  return git("rev-parse", "HEAD");
};
const write = (path: string, content: string | Uint8Array) => writeFileSync(join(root, path), content);
const open = (directory = root): Repository => {
  const repository = openRepository(directory);
  if ("reason" in repository) throw new Error(repository.reason);
  return repository;
};
let first: string;
let second: string;
let side: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "imprimatur-git-"));
  root = join(folder, "repository");
  mkdirSync(join(root, "plans/deep"), { recursive: true });
  mkdirSync(join(root, "sub/plans"), { recursive: true });
  git("init", "-q", "-b", "main");
  write("plans/dev.json", "first\n");
  write("plans/empty.json", "");
  write("plans/bytes.bin", new Uint8Array([0, 10, 255, 10]));
  write("plans/deep/ünï code.json", "name");
  write("sub/plans/dev.json", "below");
  symlinkSync("dev.json", join(root, "plans/link.json"));
  first = commit("first");
  git("tag", "v1");
  git("switch", "-q", "-c", "side");
  write("plans/side.json", "side");
  side = commit("side");
  git("switch", "-q", "main");
  write("plans/dev.json", "second\n");
  second = commit("second");
});
afterAll(() => rmSync(folder, { recursive: true }));

const text = (bytes: Uint8Array | undefined) => (bytes === undefined ? undefined : new TextDecoder().decode(bytes));

describe("openRepository", () => {
  it("says why there is none", () => {
    expect(openRepository(folder)).toEqual({ reason: expect.stringContaining("not a git repository") });
    expect(openRepository(join(folder, "nowhere"))).toEqual({ reason: expect.stringContaining("cannot change to") });
  });

  it("finds the commit of a branch, a tag or an id, and none of what is no ref", () => {
    const repository = open();
    expect(repository.commitOf("main")).toBe(second);
    expect(repository.commitOf("v1")).toBe(first);
    expect(repository.commitOf(first.slice(0, 10))).toBe(first);
    expect(repository.commitOf("nope")).toBeUndefined();
    expect(repository.commitOf("--all")).toBeUndefined();
    expect(repository.commitOf("")).toBeUndefined();
  });

  it("finds merge bases and lists refs", () => {
    const repository = open();
    expect(repository.mergeBase("side", "main")).toBe(first);
    expect(repository.mergeBase("side", "nope")).toBeUndefined();
    expect(repository.refs()).toEqual(["main", "side", "v1"]);
  });
});

describe("filesAt", () => {
  it("reads what a commit holds, whatever the working tree does", () => {
    const repository = open();
    write("plans/dev.json", "not committed");
    expect(text(repository.filesAt(first).read("plans/dev.json"))).toBe("first\n");
    expect(text(repository.filesAt(second).read("plans/dev.json"))).toBe("second\n");
    expect(text(repository.filesAt(side).read("plans/side.json"))).toBe("side");
    expect(repository.filesAt(first).read("plans/side.json")).toBeUndefined();
    git("checkout", "-q", "plans/dev.json");
  });

  it("reads bytes, empty files and any name", () => {
    const files = open().filesAt(first);
    expect([...(files.read("plans/bytes.bin") ?? [])]).toEqual([0, 10, 255, 10]);
    expect(text(files.read("plans/empty.json"))).toBe("");
    expect(text(files.read("plans/deep/ünï code.json"))).toBe("name");
  });

  it("lists names in order, and reads neither links nor directories nor what is outside", () => {
    const files = open().filesAt(first);
    expect(files.list("plans")).toEqual(["bytes.bin", "deep", "dev.json", "empty.json", "link.json"]);
    expect(files.list("nowhere")).toEqual([]);
    for (const path of ["plans/link.json", "plans/deep", "../plans/dev.json", "plans/../plans/dev.json", ""]) {
      expect(files.read(path)).toBeUndefined();
    }
  });

  it("takes a checkout below the top of its repository as the root", () => {
    const files = open(join(root, "sub")).filesAt(first);
    expect(text(files.read("plans/dev.json"))).toBe("below");
    expect(files.list("plans")).toEqual(["dev.json"]);
  });

  it("has no files of a folder that the commit lacks", () => {
    mkdirSync(join(root, "later"));
    expect(open(join(root, "later")).filesAt(first).list("")).toEqual([]);
  });

  it("is not misled by local replacement objects", () => {
    git("replace", first, second);
    expect(text(open().filesAt(first).read("plans/dev.json"))).toBe("first\n");
    git("replace", "-d", first);
  });
});
