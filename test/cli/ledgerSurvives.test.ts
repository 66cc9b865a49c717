import { spawn } from "node:child_process";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openContext } from "../../cli/context.ts";
import { type Ledger, readLedger } from "../../release/ledger.ts";
import { Approval, PASSPHRASE } from "./approval.ts";

const APPEND = join(import.meta.dirname, "fixtures/append.ts");
const KILLS = 100;
const AT_ONCE = 4;
const HANGS = 900_000;

/** A process that appends, and what it said stands there. */
interface Writer {
  readonly acknowledged: number[];
  readonly stderr: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Starts a process that appends; `killAfter` milliseconds after its first try it is killed. */
function append(checkout: Approval, count: number, killAfter?: number, limit: readonly string[] = []): Promise<Writer> {
  const args = [APPEND, checkout.root, checkout.key("pipeline"), String(count)];
  const [command = "", ...rest] = [...limit, process.execPath, ...args];
  const child = spawn(command, rest, { env: { ...process.env, IMPRIMATUR_PASSPHRASE: PASSPHRASE } });
  let [stdout, stderr] = ["", ""];
  child.stderr.on("data", (chunk) => {
    stderr += String(chunk);
  });
  child.stdout.on("data", (chunk) => {
    const isFirst = stdout === "";
    stdout += String(chunk);
    if (isFirst && killAfter !== undefined) setTimeout(() => child.kill("SIGKILL"), killAfter);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      // A last line that was cut off acknowledges nothing.
      const lines = stdout
        .split("\n")
        .slice(0, -1)
        .filter((line) => line !== "ready");
      resolve({ acknowledged: lines.map(Number), stderr, code, signal });
    });
  });
}

function ledgerOf(checkout: Approval): Ledger {
  const { files, catalogue } = openContext({ directory: checkout.root });
  return readLedger(files, "prod", catalogue.ring, catalogue.authority);
}

/** Names in the ledger's folder, also those that no reader is shown. */
function namesIn(checkout: Approval): string[] {
  return readdirSync(join(checkout.root, "catalog/ledger/prod")).sort();
}

describe("a ledger", () => {
  it(`survives ${KILLS} kills in the middle of an append, ${AT_ONCE} writers at once`, { timeout: HANGS }, async () => {
    const checkout = new Approval().withKeys("pipeline");
    let whole = 0;
    for (let killed = 0; killed < KILLS; killed += AT_ONCE) {
      const writers = await Promise.all(
        Array.from({ length: AT_ONCE }, () => append(checkout, 10_000, Math.random() * 120)),
      );
      expect(writers.map(({ signal, stderr }) => [signal, stderr])).toEqual(writers.map(() => ["SIGKILL", ""]));
      const { entries, broken } = ledgerOf(checkout);
      expect(broken).toBeUndefined();
      // Whatever was acknowledged stands there, once, in the place that was said.
      const acknowledged = writers.flatMap((writer) => writer.acknowledged);
      expect(new Set(acknowledged).size).toBe(acknowledged.length);
      expect(entries.length).toBeGreaterThanOrEqual(Math.max(0, ...acknowledged));
      whole += entries.length;
      // A short ledger is read fast, so that the next kill meets a write rather than a read.
      rmSync(join(checkout.root, "catalog/ledger"), { recursive: true, force: true });
    }
    expect(whole).toBeGreaterThan(0);
  });

  it("takes entries of several writers at once, each in a place of its own", { timeout: HANGS }, async () => {
    const checkout = new Approval().withKeys("pipeline");
    const writers = await Promise.all(Array.from({ length: AT_ONCE }, () => append(checkout, 12)));
    expect(writers.map(({ code, stderr }) => [code, stderr])).toEqual(writers.map(() => [0, ""]));
    const places = writers.flatMap(({ acknowledged }) => acknowledged).sort((a, b) => a - b);
    expect(places).toEqual(Array.from({ length: AT_ONCE * 12 }, (_, index) => index + 1));
    const { entries, broken } = ledgerOf(checkout);
    expect([entries.length, broken]).toEqual([AT_ONCE * 12, undefined]);
    expect(namesIn(checkout)).toHaveLength(AT_ONCE * 12);
  });

  it("is as it was where the disk takes only a part of an entry, and goes on when there is room", {
    timeout: HANGS,
  }, async () => {
    const checkout = new Approval().withKeys("pipeline");
    await append(checkout, 2);
    const before = namesIn(checkout);
    // A limit on the size of files cuts a write off in the middle, as a full disk does; it needs no rights.
    const full = await append(checkout, 1, undefined, ["bash", "-c", 'ulimit -f 1; exec "$0" "$@"']);
    expect(full.code).not.toBe(0);
    expect(full.stderr).toContain("EFBIG");
    expect(full.acknowledged).toEqual([]);
    expect(namesIn(checkout)).toEqual(before);
    expect((await append(checkout, 1)).acknowledged).toEqual([3]);
    expect(ledgerOf(checkout)).toMatchObject({ entries: [{}, {}, {}] });
  });

  it("takes no notice of what a killed write has left behind", async () => {
    const checkout = await new Approval().withTestedRelease();
    await append(checkout, 2);
    writeFileSync(join(checkout.root, "catalog/ledger/prod/000003.sigstore.json.0123456789ab.tmp"), '{"half');
    writeFileSync(join(checkout.root, "catalog/evidence/web/1.1.0/vote-0.sigstore.json.0123456789ab.tmp"), "");
    expect((await append(checkout, 1)).acknowledged).toEqual([3]);
    expect(ledgerOf(checkout).broken).toBeUndefined();
    expect(await checkout.verb(["verify"])).toMatchObject({ code: 0 });
    expect(await checkout.open()).not.toContainEqual(expect.stringMatching(/^unusable/));
  });
});
