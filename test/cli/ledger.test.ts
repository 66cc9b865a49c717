import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it, onTestFinished } from "vitest";
import { openContext, openNewestContext } from "../../cli/context.ts";
import { appendEntry, checkAppend, type EntryFacts } from "../../cli/ledger/append.ts";
import { type LedgerReport, listLines } from "../../cli/ledger/report.ts";
import { createStyle } from "../../cli/render/style.ts";
import { schemaFiles } from "../../cli/schemas.ts";
import { openSign } from "../../cli/signers.ts";
import { sha256 } from "../../release/json.ts";
import { ledgerFile } from "../../release/ledger.ts";
import { LedgerEntry } from "../../release/schema/ledger.ts";
import { Approval, PASSPHRASE } from "./approval.ts";
import { Checkout } from "./checkout.ts";

const FACTS: EntryFacts = { changes: [], outcome: "succeeded", planDigest: "e".repeat(64), durationSeconds: 1 };

async function append(checkout: Approval, person = "pipeline", stack = "prod") {
  const sign = await openSign({ key: checkout.key(person) }, { IMPRIMATUR_PASSPHRASE: PASSPHRASE });
  return appendEntry(openContext({ directory: checkout.root }), sign, stack, FACTS);
}

it("verify holds each chain against its signatures, and list and show tell what it has", async () => {
  const checkout = new Approval().withKeys("pipeline");
  await append(checkout);
  await append(checkout);

  const verified = await checkout.verb(["ledger", "verify", "--json"]);
  expect(verified.code).toBe(0);
  const report = JSON.parse(verified.stdout);
  const validate = new Ajv2020({ validateFormats: false }).compile(
    JSON.parse(schemaFiles().get("schemas/ledger.json") ?? ""),
  );
  expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
  expect(report.stacks.map(({ stack, entries }: { stack: string; entries: [] }) => [stack, entries.length])).toEqual([
    ["dev", 0],
    ["prod", 2],
  ]);
  expect((await checkout.verb(["ledger", "list", "prod"])).stdout).toMatch(
    /^prod\n {5}2 {2}\S+ {2}update succeeded {2}\(pipeline\)\n {8}nothing new\n {5}1 /,
  );
  expect((await checkout.verb(["ledger", "show", "prod", "1"])).stdout).toMatch(
    /^entry {6}prod 1: update, succeeded\n/,
  );
  const none = await checkout.verb(["ledger", "show", "prod", "3"]);
  expect(none.stderr).toContain('the ledger of prod has 2 entries that hold (got "3"; did you mean "2"?)');
  expect((await checkout.verb(["ledger", "verify", "pord"])).stderr).toContain('did you mean "prod"');
});

it("verify says where a chain breaks; nothing is appended behind that place", async () => {
  const checkout = new Approval().withKeys("pipeline");
  for (let seq = 1; seq <= 3; seq += 1) await append(checkout);
  rmSync(join(checkout.root, ledgerFile("prod", 2)));

  const { code, stdout } = await checkout.verb(["ledger", "verify", "prod"]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^✘ prod: 1 entries/);
  expect(stdout).toContain("catalog/ledger/prod/000003.sigstore.json: has number 3 where 2 is due");
  await expect(append(checkout)).rejects.toThrow("nothing can follow it");
});

it("list tells each entry's steps, by version and short digest, in lines that fit", () => {
  const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
  const change = (module: string, version: string, from: string | null, to: string | null) => ({
    ...{ module, version, from, to, blessing: null },
  });
  const entry = (seq: number, changes: object[]) => ({
    path: ledgerFile("prod", seq),
    sha256: "",
    person: "pipeline",
    entry: LedgerEntry.parse({
      ...{ stack: "prod", seq, previous: null, at: `2026-08-0${seq}T15:00:00.000Z` },
      ...{ ...FACTS, changes },
    }),
  });
  const entries = [
    entry(1, [change("web", "1.0.0", null, digest("a")), change("store", "2.0.0", null, digest("b"))]),
    entry(2, [change("web", "1.1.0", digest("a"), digest("c")), change("store", "2.0.0", digest("b"), null)]),
    entry(3, [change("web", "1.1.0", digest("c"), digest("c"))]),
  ];
  const report = { holds: true, stacks: [{ stack: "prod", entries, faults: [] }] };
  expect(listLines(report, createStyle(false), 48)).toEqual([
    "prod",
    "     3  2026-08-03T15:00:00Z  update succeeded  (pipeline)",
    "        web 1.1.0 (cccccccccccc)",
    "     2  2026-08-02T15:00:00Z  update succeeded  (pipeline)",
    "        web 1.0.0 → 1.1.0 (cccccccccccc),",
    "        store 2.0.0 removed",
    "     1  2026-08-01T15:00:00Z  update succeeded  (pipeline)",
    "        web 1.0.0 (aaaaaaaaaaaa),",
    "        store 2.0.0 (bbbbbbbbbbbb)",
  ]);
});

it("a file of another name breaks the chain by its name, whatever it holds", async () => {
  const checkout = new Approval().withKeys("pipeline");
  for (let seq = 1; seq <= 2; seq += 1) await append(checkout);
  const stray = ledgerFile("prod", 2).replace(/json$/, "jsonx");
  renameSync(join(checkout.root, ledgerFile("prod", 2)), join(checkout.root, stray));
  const { code, stdout } = await checkout.verb(["ledger", "verify", "prod"]);
  expect(code).toBe(1);
  expect(stdout).toContain(`${stray}: is not named as an entry is`);
});

it("what a crash leaves of an entry that was being written breaks nothing", async () => {
  const checkout = new Approval().withKeys("pipeline");
  await append(checkout);
  checkout.write(`${ledgerFile("prod", 2)}.0123456789ab.tmp`, "half");
  expect((await checkout.verb(["ledger", "verify"])).code).toBe(0);
  expect((await append(checkout)).path).toBe(ledgerFile("prod", 2));
});

it("whether an entry could be appended is known before anything is done, and nothing is written for it", async () => {
  const checkout = new Approval().withKeys("pipeline", "lead");
  const context = openContext({ directory: checkout.root });
  const before = checkout.snapshot();
  const sign = async (person: string) => openSign({ key: checkout.key(person) }, { IMPRIMATUR_PASSPHRASE: PASSPHRASE });
  await checkAppend(context, await sign("pipeline"), "prod", FACTS);
  await expect(checkAppend(context, await sign("lead"), "prod", FACTS)).rejects.toThrow(
    "may neither record nor operate",
  );
  expect(checkout.snapshot()).toEqual(before);
});

/** A platform whose ledger has a branch on a remote. */
async function withRemote(): Promise<{ readonly checkout: Approval; readonly remote: Checkout }> {
  const checkout = new Approval().withKeys("pipeline", "ops", "lead");
  const remote = new Checkout({});
  onTestFinished(() => remote.remove());
  await remote.git("init", "-q", "--bare");
  await checkout.git("init", "-q", "-b", "main");
  await checkout.git("remote", "add", "origin", remote.root);
  return { checkout, remote };
}

it("push brings entries to a branch of their own, from which others judge", async () => {
  const { checkout } = await withRemote();
  await append(checkout);

  expect((await checkout.verb(["ledger", "push"])).stdout).toMatch(/^1 entries pushed to imprimatur\/ledger on origin/);
  rmSync(join(checkout.root, "catalog/ledger"), { recursive: true });
  expect((await checkout.verb(["ledger", "verify", "prod"])).stdout).toMatch(/^✔ prod: 1 entries/);
  // The next entry follows what is on the branch.
  expect((await append(checkout)).path).toBe(ledgerFile("prod", 2));
  expect((await checkout.verb(["ledger", "push", "--json"])).code).toBe(0);
  expect((await checkout.verb(["ledger", "push"])).stdout).toContain("has every entry already");

  checkout.write(ledgerFile("prod", 2), "another");
  const forked = await checkout.verb(["ledger", "verify", "prod"]);
  expect(forked.code).toBe(1);
  expect(forked.stdout).toContain("is another entry on the ledger's branch");
  expect((await checkout.verb(["ledger", "push"], "pipeline")).code).toBe(1);
});

describe("two that record at the same time", () => {
  const canaryStep = { module: "web", step: "widen" as const, stable: "1.0.0", canary: "1.1.0", population: 5 };
  const facts = (population: number): EntryFacts => ({
    ...FACTS,
    action: "canary",
    canary: { ...canaryStep, population },
  });

  /** The pipeline has pushed the second entry while operations recorded a second and a third here. */
  async function forked() {
    const { checkout, remote } = await withRemote();
    checkout.edit("catalog/trust/people.yaml", "may: [attest, waive]", "may: [attest, waive, operate]");
    await append(checkout);
    await checkout.git("add", "-A");
    await checkout.git("commit", "-q", "-m", "platform");
    await checkout.verb(["ledger", "push"]);
    const second = await append(checkout);
    const theirs = checkout.read(second.path);
    rmSync(join(checkout.root, second.path));
    const sign = await openSign({ key: checkout.key("ops") }, { IMPRIMATUR_PASSPHRASE: PASSPHRASE });
    const mine = [];
    for (const population of [5, 25])
      mine.push(await appendEntry(openContext({ directory: checkout.root }), sign, "prod", facts(population)));
    const bytes = mine.map(({ path }) => checkout.read(path));
    for (const { path } of mine) rmSync(join(checkout.root, path));
    checkout.write(second.path, theirs);
    await checkout.verb(["ledger", "push"]);
    for (const [index, { path }] of mine.entries()) checkout.write(path, bytes[index] ?? "");
    return { checkout, remote, mine, theirs };
  }

  const chain = async (checkout: Approval) => {
    const { stdout } = await checkout.verb(["ledger", "verify", "prod", "--json"]);
    const { holds, stacks } = JSON.parse(stdout) as LedgerReport;
    const entries = stacks[0]?.entries.map(({ entry, person }) => [
      entry.seq,
      person,
      entry.canary?.population ?? null,
      entry.replaces,
    ]);
    return { holds, entries };
  };

  it("are a fork, which both verify and ledger verify tell", async () => {
    const { checkout } = await forked();
    for (const words of [["verify"], ["ledger", "verify"]]) {
      const { code, stdout } = await checkout.verb(words);
      expect(code).toBe(1);
      expect(stdout).toMatch(/000002\.sigstore\.json:? is another entry on the ledger's branch/);
    }
    const refused = await checkout.verb(["ledger", "push"]);
    expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining("npx imprimatur ledger push --key") });
  });

  it("are mended by a push: what was recorded here is signed anew behind the branch's last, and leaves its place", async () => {
    const { checkout, mine, theirs } = await forked();
    const replaced = mine.map(({ path }) => sha256(checkout.read(path)));
    const refused = await checkout.verb(["ledger", "push"], "lead");
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("may neither record nor operate") });
    expect(mine.map(({ path }) => sha256(checkout.read(path)))).toEqual(replaced);

    const { code, stdout } = await checkout.verb(["ledger", "push"], "ops");
    expect(code).toBe(0);
    expect(stdout).toContain("prod 2 of ops is 3 now, signed by ops: its place was taken");
    expect(await chain(checkout)).toEqual({
      holds: true,
      entries: [
        [1, "pipeline", null, undefined],
        [2, "pipeline", null, undefined],
        [3, "ops", 5, replaced[0]],
        [4, "ops", 25, replaced[1]],
      ],
    });
    expect(existsSync(join(checkout.root, ledgerFile("prod", 2)))).toBe(false);
    expect((await checkout.git("show", `origin/imprimatur/ledger:${ledgerFile("prod", 2)}`)).stdout).toBe(theirs);
    expect((await checkout.verb(["verify"])).stdout).not.toContain("catalog/ledger");
    expect((await checkout.verb(["ledger", "push"])).stdout).toContain("has every entry already");
    expect((await append(checkout)).path).toBe(ledgerFile("prod", 5));
  });

  it("are mended as of now by somebody whose key is newer than what was done", async () => {
    const { checkout, mine } = await forked();
    checkout.edit("catalog/trust/people.yaml", "may: [attest, revoke]", "may: [attest, revoke, operate]");
    const from = new Date().toISOString();
    checkout.withKeysFrom(from, "tester");
    expect(mine[1]?.entry.at.localeCompare(from)).toBe(-1);
    expect((await checkout.verb(["ledger", "push"], "tester")).stdout).toContain(
      "prod 2 of ops is 3 now, signed by tester",
    );
    const { stdout } = await checkout.verb(["ledger", "show", "prod", "3", "--json"]);
    const [shown] = (JSON.parse(stdout) as LedgerReport).stacks[0]?.entries ?? [];
    expect(shown?.entry.at.localeCompare(from)).toBe(1);
    expect((await chain(checkout)).holds).toBe(true);
  });

  it("are mended as well where the entries were merged: they stay, and are no fault, nor is deleting them", async () => {
    const { checkout } = await forked();
    await checkout.git("add", "-A");
    await checkout.git("commit", "-q", "-m", "entries that should have been pushed");
    const against = () => checkout.verb(["verify", "--against", "main"]);
    expect((await against()).stdout).toContain("is another entry on the ledger's branch");

    expect((await checkout.verb(["ledger", "push"], "ops")).code).toBe(0);
    expect(existsSync(join(checkout.root, ledgerFile("prod", 3)))).toBe(true);
    expect((await chain(checkout)).holds).toBe(true);
    expect((await against()).stdout).not.toContain("catalog/ledger");
    expect((await append(checkout)).path).toBe(ledgerFile("prod", 5));
    expect((await checkout.verb(["ledger", "push"])).stdout).toMatch(/^1 entries pushed/);
    for (const seq of [2, 3]) rmSync(join(checkout.root, ledgerFile("prod", seq)));
    expect((await against()).stdout).not.toContain("catalog/ledger");
    // Only what is told in another place may go.
    rmSync(join(checkout.root, ledgerFile("prod", 1)));
    expect((await against()).stdout).toContain(`${ledgerFile("prod", 1)} was deleted here`);
  });

  it("are no fork where the one looks first at what the other has pushed", async () => {
    const { checkout, remote } = await withRemote();
    await append(checkout);
    await checkout.verb(["ledger", "push"]);
    await checkout.git("update-ref", "-d", "refs/remotes/origin/imprimatur/ledger");
    rmSync(join(checkout.root, "catalog/ledger"), { recursive: true });
    expect((await remote.git("rev-list", "--count", "imprimatur/ledger")).stdout).toBe("1\n");
    const sign = await openSign({ key: checkout.key("pipeline") }, { IMPRIMATUR_PASSPHRASE: PASSPHRASE });
    const { path } = await appendEntry(openNewestContext({ directory: checkout.root }), sign, "prod", FACTS);
    expect(path).toBe(ledgerFile("prod", 2));
  });

  it("an entry that tells something else than the one it replaces mends nothing", async () => {
    const { checkout, mine } = await forked();
    const [first = ""] = mine.map(({ path }) => checkout.read(path));
    for (const { path } of mine) rmSync(join(checkout.root, path));
    const sign = await openSign({ key: checkout.key("ops") }, { IMPRIMATUR_PASSPHRASE: PASSPHRASE });
    const other = { ...facts(1), replaces: sha256(first) };
    await appendEntry(openContext({ directory: checkout.root }), sign, "prod", other);
    await checkout.verb(["ledger", "push"]);
    checkout.write(mine[0]?.path ?? "", first);
    expect((await chain(checkout)).holds).toBe(false);
  });
});
