import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { State } from "../../engine/stackState.ts";
import { type Checkout, COMMAND, type Outcome, start } from "../cli/checkout.ts";
import { ClusterWithCharts, locksOf, MODULES, noCluster, untilApplying } from "./clusterWithCharts.ts";
import { KillableUpdate } from "./killableUpdate.ts";

const KILLS = Number(process.env.IMPRIMATUR_KILLS ?? 20);
/** Within how many milliseconds of taking the lock an update is killed; fewer where all of it takes less. */
const APPLYING_MS = 30_000;

const skipped = noCluster === undefined ? "" : ` (skipped: ${noCluster})`;

describe.skipIf(noCluster !== undefined)(`an update that is killed${skipped}`, { timeout: 1_800_000 }, () => {
  let server: ClusterWithCharts;
  let checkout: Checkout;

  beforeAll(async () => {
    server = await ClusterWithCharts.start();
    checkout = server.checkout();
    expect((await run("plan", "--write", "--engine", "offline")).code).toBe(0);
  });
  afterAll(async () => {
    KillableUpdate.endPlugins();
    checkout?.remove();
    await server?.stop();
  });

  it(`is repaired and completed, after ${KILLS} kills at random moments: all there, nothing twice`, async () => {
    let whole = APPLYING_MS;
    let killed = 0;
    let fromNothing = true;
    while (killed < KILLS) {
      const moment = Math.round(Math.random() * whole);
      const { ended, applying } = await killUpdate(moment, killed % 2 === 1);
      if (ended) {
        // It was faster: begin anew, with nothing there. One that goes on with what another has left is short by nature.
        if (fromNothing) whole = Math.min(whole, applying);
        await destroy();
        fromNothing = true;
        continue;
      }
      fromNothing = false;
      killed += 1;
      console.log(`kill ${killed} of ${KILLS}, ${moment} of ${whole} ms after it took the lock`);
      const repaired = await run("repair", "dev", "--json");
      expect(repaired.code, `killed after ${moment} ms: ${repaired.stdout}${repaired.stderr}`).toBe(0);
      expect((await stateOf())?.deployment.pending_operations ?? []).toEqual([]);
    }

    const up = await run("up", "dev", "--yes", "--json");
    expect(up.code, up.stdout + up.stderr).toBe(0);

    for (const module of MODULES) {
      const records = server.helmRecords(module);
      expect(records.filter(({ status }) => status === "deployed")).toHaveLength(1);
      expect(records.filter(({ status }) => status.startsWith("pending"))).toEqual([]);
      const deployments = server.cluster.get("deployments", "--namespace", module).items;
      expect(deployments.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).toEqual([module]);
      expect(deployments[0].status.readyReplicas).toBe(1);
    }
    const urns = (await stateOf())?.deployment.resources.map(({ urn }) => urn) ?? [];
    expect(new Set(urns).size).toBe(urns.length);
    expect(urns.filter((urn) => urn.includes("helm.sh/v3:Release")).length).toBe(MODULES.length);
    const again = await server.pulumi(checkout, "up", "--yes", "--expect-no-changes", "--stack", "dev");
    expect(again.code, again.stdout + again.stderr).toBe(0);
    expect((await run("ledger", "verify", "dev")).code).toBe(0);
  });

  it("is not repaired while its owner may still be at work, unless forced", async () => {
    const lock = { pid: 1, username: "alice", hostname: "another-host", timestamp: "2026-01-01T00:00:00Z" };
    checkout.write(`${locksOf("dev")}/11111111-1111-4111-8111-111111111111.json`, JSON.stringify(lock));

    const refused = await run("repair", "dev");
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain("created by alice@another-host (pid 1) at 2026-01-01T00:00:00Z");
    expect(refused.stdout).toContain("npx imprimatur repair dev --force");
    const up = await run("up", "dev", "--yes");
    expect(up.code).toBe(1);
    expect(up.stdout).toContain("alice@another-host");

    const forced = await run("repair", "dev", "--force");
    expect(forced.code).toBe(0);
    expect(forced.stdout).toContain("taken away (forced)");
    expect((await run("repair", "dev")).stdout).toContain("dev needs no repair");
  });

  function run(...args: readonly string[]): Promise<Outcome> {
    return start(process.execPath, [COMMAND, ...args], checkout.root, server.environment(checkout));
  }

  async function stateOf(): Promise<State | undefined> {
    const { code, stdout } = await server.pulumi(checkout, "stack", "export", "--stack", "dev");
    return code === 0 ? State.parse(JSON.parse(stdout)) : undefined;
  }

  async function destroy(): Promise<void> {
    const { code, stdout } = await server.pulumi(checkout, "destroy", "--yes", "--skip-preview", "--stack", "dev");
    expect(code, stdout).toBe(0);
  }

  /**
   * Starts an update, and kills its whole process group so many milliseconds after it has begun to apply; with `all`, also
   * the plugins, which have groups of their own and otherwise work on.
   * @returns for how long it was applying, in milliseconds, and whether it came to its end
   */
  async function killUpdate(moment: number, all: boolean): Promise<{ applying: number; ended: boolean }> {
    const update = new KillableUpdate(checkout.root, server.environment(checkout));
    await untilApplying(checkout, "dev", () => update.hasEnded);
    const began = performance.now();
    await Promise.race([sleep(moment), update.exited]);
    const applying = Math.round(performance.now() - began);
    const ended = update.hasEnded;
    if (ended) expect(update.exitCode).toBe(0);
    else await update.kill(all);
    return { applying, ended };
  }
});
