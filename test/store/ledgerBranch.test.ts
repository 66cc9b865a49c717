import { rmSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { workingTree } from "../../store/files.ts";
import {
  fetchLedger,
  forkedEntries,
  LEDGER_BRANCH,
  ownEntries,
  pushLedger,
  withLedgerBranch,
} from "../../store/ledgerBranch.ts";
import { Checkout } from "../cli/checkout.ts";

const entry = (stack: string, seq: number) => `catalog/ledger/${stack}/${String(seq).padStart(6, "0")}.sigstore.json`;

let remote: Checkout;
beforeEach(async () => {
  remote = new Checkout({});
  onTestFinished(() => remote.remove());
  await remote.git("init", "-q", "--bare");
});

/** A clone, whose checkout may stand in a folder of the repository. */
async function clone(folder = "."): Promise<{ checkout: Checkout; root: string }> {
  const checkout = new Checkout({});
  onTestFinished(() => checkout.remove());
  await checkout.git("init", "-q", "-b", "main");
  await checkout.git("remote", "add", "origin", remote.root);
  checkout.write(join(folder, "Pulumi.yaml"), "name: platform\n");
  await checkout.git("add", "-A");
  await checkout.git("commit", "-q", "-m", "platform");
  return { checkout, root: join(checkout.root, folder) };
}

const push = (root: string) => pushLedger(root, "origin", async (branch) => ownEntries(workingTree(root), branch));
const read = (root: string, path: string) => {
  const bytes = withLedgerBranch(root, workingTree(root)).read(path);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
};

it.each([".", "platform"])(
  "entries go to a branch of their own, and are read from there (checkout in %s)",
  async (folder) => {
    const { checkout, root } = await clone(folder);
    checkout.write(join(folder, entry("dev", 1)), "one");
    checkout.write(join(folder, "notes.txt"), "not an entry");
    const before = await checkout.git("status", "--porcelain");

    expect(await push(root)).toEqual({ commit: expect.stringMatching(/^[0-9a-f]{40}$/), paths: [entry("dev", 1)] });
    expect(await push(root)).toEqual({ paths: [] });

    expect(await checkout.git("status", "--porcelain")).toEqual(before);
    const files = await remote.git("ls-tree", "-r", "--name-only", LEDGER_BRANCH);
    expect(files.stdout).toBe(`${join(folder, entry("dev", 1))}\n`);

    rmSync(join(root, "catalog"), { recursive: true });
    expect(read(root, entry("dev", 1))).toBe("one");
    const other = await clone(folder);
    expect(read(other.root, entry("dev", 1))).toBeUndefined();
    await other.checkout.git("fetch", "-q", "origin", `${LEDGER_BRANCH}:refs/remotes/origin/${LEDGER_BRANCH}`);
    expect(read(other.root, entry("dev", 1))).toBe("one");
    expect(withLedgerBranch(other.root, workingTree(other.root)).list("catalog/ledger/dev")).toEqual([
      "000001.sigstore.json",
    ]);
  },
);

it("two jobs push their own stacks, whoever is first", async () => {
  const [one, two] = [await clone(), await clone()];
  one.checkout.write(entry("dev", 1), "dev");
  two.checkout.write(entry("prod", 1), "prod");
  await push(one.root);
  expect((await push(two.root)).paths).toEqual([entry("prod", 1)]);
  const files = await remote.git("ls-tree", "-r", "--name-only", LEDGER_BRANCH);
  expect(files.stdout.split("\n").filter(Boolean)).toEqual([entry("dev", 1), entry("prod", 1)]);
  expect((await remote.git("rev-list", "--count", LEDGER_BRANCH)).stdout).toBe("2\n");
});

it("whoever is overtaken while pushing tries again", async () => {
  const [one, two] = [await clone(), await clone()];
  one.checkout.write(entry("dev", 1), "dev");
  two.checkout.write(entry("prod", 1), "prod");
  // The hook of the first push lets the second happen in the middle of it.
  const script = `#!/bin/sh\n[ -e overtaken ] && exit 0\ntouch overtaken\nunset GIT_DIR GIT_INDEX_FILE\nid=$(git -C ${two.root} commit-tree -m two $(git -C ${two.root} mktree </dev/null))\ngit -C ${two.root} push -q origin $id:refs/heads/${LEDGER_BRANCH}\n`;
  one.checkout.write(".git/hooks/pre-push", script);
  await one.checkout.git("config", "core.hooksPath", ".git/hooks");
  const { chmodSync } = await import("node:fs");
  chmodSync(join(one.root, ".git/hooks/pre-push"), 0o755);

  expect((await push(one.root)).paths).toEqual([entry("dev", 1)]);
  expect((await remote.git("rev-list", "--count", LEDGER_BRANCH)).stdout).toBe("2\n");
});

it("another entry in the same place is a fork, and the branch has the last word on it", async () => {
  const [one, two] = [await clone(), await clone()];
  one.checkout.write(entry("dev", 1), "mine");
  two.checkout.write(entry("dev", 1), "yours");
  two.checkout.write(entry("dev", 2), "yours, too");
  await push(one.root);
  expect(forkedEntries(two.root, workingTree(two.root))).toEqual(new Map());
  fetchLedger(two.root);
  const forked = forkedEntries(two.root, workingTree(two.root));
  expect([...forked].map(([path, bytes]) => [path, new TextDecoder().decode(bytes)])).toEqual([
    [entry("dev", 1), "yours"],
  ]);
  expect(read(two.root, entry("dev", 1))).toBe("mine");
});

it("fetching what others have pushed asks no remote that is not there, and changes nothing else", async () => {
  const { checkout, root } = await clone();
  remote.remove();
  const before = await checkout.git("for-each-ref");
  fetchLedger(root);
  expect(await checkout.git("for-each-ref")).toEqual(before);
});

it("a remote that cannot be reached is said to be that", async () => {
  const { checkout, root } = await clone();
  checkout.write(entry("dev", 1), "one");
  remote.remove();
  await expect(push(root)).rejects.toThrow(/^origin: .*does not appear to be a git repository/);
});
