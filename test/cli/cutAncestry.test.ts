import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Refusal } from "../../cli/approve/outcome.ts";
import { checkAncestry, orderByAncestry } from "../../cli/cut/ancestry.ts";
import { InputError } from "../../release/errors.ts";
import { type Release, ReleaseManifest } from "../../release/schema/manifest.ts";
import { ModuleFile } from "../../release/schema/module.ts";
import { Checkout } from "./checkout.ts";

const MODULE = {
  ...ModuleFile.parse({
    description: "a module",
    purpose: "service",
    owners: ["team"],
    maturity: "mature",
    versions: "release-commit",
  }),
  name: "maya-io",
  namespace: "maya-io",
};

/** A history: `first`, then `left` and `right` side by side, then `merged` of both. */
let clone: Checkout;
const commits: Record<string, string> = {};

async function commit(name: string, ...args: string[]): Promise<void> {
  await clone.git(...args);
  await clone.git("commit", "--allow-empty", "-m", name);
  commits[name] = (await clone.git("rev-parse", "HEAD")).stdout.trim();
}

beforeAll(async () => {
  clone = new Checkout();
  await commit("first", "init", "-b", "main");
  await commit("left", "switch", "-c", "left");
  await commit("right", "switch", "-c", "right", "main");
  await clone.git("merge", "--no-ff", "-m", "merged", "left");
  commits.merged = (await clone.git("rev-parse", "HEAD")).stdout.trim();
});
afterAll(() => clone.remove());

const of = (name: string) => commits[name] ?? "";

function release(version: string, name: string): Release {
  const digest = `sha256:${"0".repeat(64)}`;
  const images = { a: { repository: "registry.test/a", digest } };
  const file = { module: "maya-io", version, channel: "stable", commit: of(name), appVersion: "1", images };
  return { manifest: ReleaseManifest.parse(file), manifestDigest: digest };
}

describe("orderByAncestry", () => {
  it.each([
    ["first", "merged", -1],
    ["merged", "first", 1],
    ["left", "merged", -1],
    ["left", "left", 0],
    ["left", "right", undefined],
  ])("%s and %s: %s", (a, b, order) => {
    expect(orderByAncestry(of(a), of(b), clone.root)).toBe(order);
  });

  it("wants a clone that has both", () => {
    expect(() => orderByAncestry(of("first"), "0".repeat(40), clone.root)).toThrow(InputError);
    expect(() => orderByAncestry(of("first"), of("left"), "/")).toThrow(InputError);
  });
});

describe("checkAncestry", () => {
  it("takes what is built on every release of an equal version", () => {
    const releases = [release("1.2.3+aaaaaaa", "left"), release("1.2.3+bbbbbbb", "right")];
    expect(() => checkAncestry(MODULE, releases, "1.2.3+ccccccc", of("merged"), clone.root)).not.toThrow();
  });

  it("refuses what is beside, or behind, one of an equal version", () => {
    const beside = () =>
      checkAncestry(MODULE, [release("1.2.3+aaaaaaa", "left")], "1.2.3+bbbbbbb", of("right"), clone.root);
    expect(beside).toThrow(Refusal);
    expect(beside).toThrow("1.2.3+bbbbbbb is not built on 1.2.3+aaaaaaa");
    const behind = () =>
      checkAncestry(MODULE, [release("1.2.3+aaaaaaa", "merged")], "1.2.3+bbbbbbb", of("first"), clone.root);
    expect(behind).toThrow(Refusal);
  });

  it("looks at no release of another version, nor at itself", () => {
    const releases = [release("1.2.4+aaaaaaa", "left"), release("1.2.3+bbbbbbb", "right")];
    expect(() => checkAncestry(MODULE, releases, "1.2.3+bbbbbbb", of("right"), clone.root)).not.toThrow();
  });
});
