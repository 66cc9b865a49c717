import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { workingTree } from "../../store/files.ts";

let folder: string;
let root: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "imprimatur-files-"));
  root = join(folder, "tree");
  mkdirSync(join(root, "catalog"), { recursive: true });
  writeFileSync(join(root, "catalog/b.yaml"), "inside");
  writeFileSync(join(root, "catalog/a.yaml"), "also inside");
  writeFileSync(join(folder, "outside.yaml"), "outside");
  // A neighbour whose name begins with that of the tree.
  mkdirSync(join(folder, "tree-2"));
  writeFileSync(join(folder, "tree-2/b.yaml"), "outside");
});
afterEach(() => rmSync(folder, { recursive: true }));

const text = (path: string) => {
  const bytes = workingTree(root).read(path);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
};

describe("workingTree", () => {
  it("reads files and lists directories in order", () => {
    expect(text("catalog/b.yaml")).toBe("inside");
    expect(workingTree(root).list("catalog")).toEqual(["a.yaml", "b.yaml"]);
  });

  it("has nothing where there is nothing", () => {
    expect(text("catalog/c.yaml")).toBeUndefined();
    expect(workingTree(root).list("nowhere")).toEqual([]);
    expect(workingTree(root).list("catalog/b.yaml")).toEqual([]);
  });

  it("reads no directory as a file", () => {
    expect(text("catalog")).toBeUndefined();
    expect(text("")).toBeUndefined();
  });

  it.each(["../outside.yaml", "catalog/../../outside.yaml", "../tree-2/b.yaml"])(
    "does not leave the tree by %s",
    (path) => {
      expect(text(path)).toBeUndefined();
    },
  );

  it("lists nothing outside the tree", () => {
    expect(workingTree(root).list("..")).toEqual([]);
    expect(workingTree(root).list("../tree-2")).toEqual([]);
  });

  it("follows links within the tree, and none that leads out of it", () => {
    symlinkSync("b.yaml", join(root, "catalog/link.yaml"));
    symlinkSync("../../outside.yaml", join(root, "catalog/out.yaml"));
    symlinkSync(join(folder, "tree-2"), join(root, "away"));
    symlinkSync("nowhere.yaml", join(root, "catalog/broken.yaml"));
    expect(text("catalog/link.yaml")).toBe("inside");
    expect(text("catalog/out.yaml")).toBeUndefined();
    expect(text("away/b.yaml")).toBeUndefined();
    expect(workingTree(root).list("away")).toEqual([]);
    expect(text("catalog/broken.yaml")).toBeUndefined();
  });

  it("takes a root that is itself a link", () => {
    symlinkSync(root, join(folder, "entrance"));
    expect(new TextDecoder().decode(workingTree(join(folder, "entrance")).read("catalog/b.yaml"))).toBe("inside");
  });
});
