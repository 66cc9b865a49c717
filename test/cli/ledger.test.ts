import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, it, onTestFinished } from "vitest";
import { openContext } from "../../cli/context.ts";
import { appendEntry, checkAppend, type EntryFacts } from "../../cli/ledger/append.ts";
import { listLines } from "../../cli/ledger/report.ts";
import { createStyle } from "../../cli/render/style.ts";
import { schemaFiles } from "../../cli/schemas.ts";
import { openSign } from "../../cli/signers.ts";
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

it("push brings entries to a branch of their own, from which others judge", async () => {
  const checkout = new Approval().withKeys("pipeline");
  const remote = new Checkout({});
  onTestFinished(() => remote.remove());
  await remote.git("init", "-q", "--bare");
  await checkout.git("init", "-q", "-b", "main");
  await checkout.git("remote", "add", "origin", remote.root);
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
  expect((await checkout.verb(["ledger", "push"])).code).toBe(1);
});
