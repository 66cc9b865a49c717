import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Checkout, COMMAND, type Outcome, start } from "../cli/checkout.ts";
import { ClusterWithCharts, noCluster, untilApplying } from "./clusterWithCharts.ts";
import { descendants, endPlugin } from "./processes.ts";

const RUN = ["window", "run", "together"];
/** The stack that has each module. */
const STACKS = { store: "dev", web: "int" };

const skipped = noCluster === undefined ? "" : ` (skipped: ${noCluster})`;

/** In order: each test goes on with what the one before has left. */
describe.skipIf(noCluster !== undefined)(
  `imprimatur window run by real updates${skipped}`,
  { timeout: 600_000 },
  () => {
    let server: ClusterWithCharts;
    let checkout: Checkout;

    beforeAll(async () => {
      server = await ClusterWithCharts.start();
      checkout = server.checkout();
      const stack = `{ class: dev, clusterUid: ${server.uid} }`;
      checkout.write("catalog/trust/stacks.yaml", `stacks: { dev: ${stack}, int: ${stack} }\n`);
      // One module in each, so that both fit into one cluster.
      checkout.edit("catalog/modules/web.yaml", 'dependsOn:\n  store: ">=1.0.0"\n', "");
      const both = checkout.read("Pulumi.dev.yaml");
      checkout.write("Pulumi.dev.yaml", both.replace(/^ {4}web: .*\n/m, ""));
      checkout.write("Pulumi.int.yaml", both.replace(/^ {4}store: .*\n/m, ""));
      const opened = new Date(Date.now() - 600_000).toISOString().slice(0, 16);
      checkout.write(
        "catalog/trust/calendar.yaml",
        `windows:
  together: { description: x, stacks: [dev, int], coordinator: pipeline, zone: UTC, starts: ${opened}, minutes: 240 }
`,
      );
      await checkout.git("init", "-q", "-b", "main");
      expect((await run("plan", "--write", "--engine", "offline")).code).toBe(0);
      await checkout.git("add", "-A");
      await checkout.git("commit", "-q", "-m", "platform");
    });
    afterAll(async () => {
      checkout?.remove();
      await server?.stop();
    });

    it("is interrupted in the second stack when the first is applied, and has kept what is done", async () => {
      await killIn("int");
      expect(await states()).toEqual(["dev: applied", "int: to do"]);
      expect(ready("store")).toBe(1);
      expect(await recorded("dev")).toEqual(["update succeeded"]);
      expect(existsSync(join(checkout.root, "catalog/ledger/int"))).toBe(false);
    });

    it("goes on with the second, and stops with what mends it where the update that was killed left its lock", async () => {
      const { code, stdout, stderr } = await run(...RUN);
      expect(code).toBe(1);
      expect(stdout).toContain("refused: int could not be applied in together; what comes after it was not begun");
      expect(stderr).toContain("npx imprimatur repair int");
      expect(stderr).not.toContain("dev: together is at it");
      expect(await states()).toEqual(["dev: applied", "int: failed"]);
    });

    it("is resumed once that is mended: both are applied, the first of them once, and it announces its end", async () => {
      const repaired = await run("repair", "int");
      expect(repaired.code, repaired.stdout + repaired.stderr).toBe(0);
      const { code, stdout, stderr } = await run(...RUN);
      expect(code, stdout + stderr).toBe(0);
      expect(stdout).toBe("✔ together is done: dev, int\n");
      expect(stderr).not.toContain("start  ");
      expect(stderr).toContain("end  together is over.");
      expect(await states()).toEqual(["dev: applied", "int: applied"]);
      expect([ready("store"), ready("web")]).toEqual([1, 1]);
      for (const module of Object.keys(STACKS)) {
        expect(server.helmRecords(module).filter(({ status }) => status !== "superseded")).toMatchObject([
          { name: module, status: "deployed" },
        ]);
      }
      expect(await recorded("dev")).toEqual(["update succeeded"]);
      expect((await recorded("int")).at(-1)).toBe("update succeeded");
      expect((await run("verify")).stdout).toContain("✔ sound");
      expect((await run(...RUN)).stdout).toBe("together is done and closed\n");
    });

    function run(...args: readonly string[]): Promise<Outcome> {
      return start(process.execPath, [COMMAND, ...args], checkout.root, server.environment(checkout));
    }

    /** Starts the window, and kills it with all that it started once it applies a stack. */
    async function killIn(stack: string): Promise<void> {
      const env = { ...process.env, ...server.environment(checkout) };
      const options = { cwd: checkout.root, env, detached: true, stdio: "ignore" } as const;
      const child = spawn(process.execPath, [COMMAND, ...RUN], options);
      const { pid } = child;
      if (pid === undefined) throw new Error("the window did not start");
      const exited = once(child, "exit");
      await untilApplying(checkout, stack, () => child.exitCode !== null);
      expect(child.exitCode, "it ended before it could be killed").toBeNull();
      const below = descendants(pid);
      // The minus stands for the group; plugins have groups of their own.
      process.kill(-pid, "SIGKILL");
      for (const other of below) endPlugin(other);
      await exited;
    }

    /** `<stack>: <state>` of each stack. */
    async function states(): Promise<string[]> {
      const [window] = JSON.parse((await run("window", "show", "together", "--json")).stdout).windows;
      return window.stacks.map(({ stack, state }: Record<string, string>) => `${stack}: ${state}`);
    }

    /** What the ledger of a stack has, oldest first. */
    async function recorded(stack: string): Promise<string[]> {
      const { stacks } = JSON.parse((await run("ledger", "show", stack, "--json")).stdout);
      const entries: { entry: { action: string; outcome: string } }[] = stacks[0].entries;
      return entries.map(({ entry }) => `${entry.action} ${entry.outcome}`).reverse();
    }

    function ready(module: string): number {
      return server.cluster.get("deployment", module, "--namespace", module).status.readyReplicas;
    }
  },
);
