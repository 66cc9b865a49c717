import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openContext } from "../../cli/context.ts";
import { readStacks } from "../../cli/stacks.ts";
import { comparablePlan } from "../../engine/defaults.ts";
import type { StackResult } from "../../engine/engine.ts";
import { pulumiEngine } from "../../engine/pulumi.ts";
import { Plan } from "../../release/plan.ts";
import { allows, readRefusals } from "../../release/verdict.ts";
import { type ChartHosts, startChartHosts } from "./chartHosts.ts";
import { missingTools } from "./tools.ts";

const root = join(import.meta.dirname, "../..");
const missing = missingTools("pulumi", "pulumi-resource-kubernetes", "docker-registry", "openssl");

describe.skipIf(missing !== undefined)(
  `the reference platform on the real engine${missing ? ` (skipped: ${missing})` : ""}`,
  () => {
    let charts: ChartHosts;
    let folder: string;
    beforeAll(async () => {
      charts = await startChartHosts(root);
      folder = mkdtempSync(join(tmpdir(), "imprimatur-real-"));
      vi.stubEnv("PULUMI_HOME", join(folder, "home"));
      vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "");
      vi.stubEnv("PULUMI_BACKEND_URL", undefined);
      vi.stubEnv("PULUMI_ACCESS_TOKEN", undefined);
      const kubeconfig = join(folder, "kubeconfig");
      writeFileSync(kubeconfig, JSON.stringify(unreachableClusters()));
      vi.stubEnv("KUBECONFIG", kubeconfig);
    });
    afterAll(() => {
      charts?.stop();
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true, force: true });
    });

    async function preview(stack: string, ...sets: string[]): Promise<StackResult> {
      const inputs = readStacks(openContext({ directory: root }), [stack], sets).map(({ input }) => input);
      const pack = { directory: "policies" };
      const [result] = await pulumiEngine.preview(inputs, { root, pack, env: charts.env });
      if (result === undefined) throw new Error("a preview gives a result for each stack");
      return result;
    }

    it.each(["dev", "staging", "prod"])(
      "plans %s as the committed plan has it, and passes every policy",
      async (stack) => {
        const committed = Plan.parse(JSON.parse(readFileSync(join(root, `plans/${stack}.json`), "utf8")));
        const { plan, verdicts, log } = await preview(stack);
        const { $schema: _, ...expected } = comparablePlan(committed);
        expect(plan).toEqual(expected);
        expect(log.filter(({ severity }) => severity === "error")).toEqual([]);
        expect(verdicts.length).toBeGreaterThan(1);
        expect(verdicts.flatMap(({ violations }) => violations)).toEqual([]);
      },
    );

    it("refuses an unblessed release in both rings", async () => {
      const { verdicts, log } = await preview("prod", "skaha=1.1.0");
      expect(allows(verdicts)).toBe(false);
      const refusals = log.flatMap(({ message }) => readRefusals(message) ?? []);
      expect(refusals.map(({ policy, violations }) => [policy, violations.length])).toEqual([["blessed-releases", 1]]);
    });
  },
);

/** Contexts of the stacks' names, and nothing that answers behind them: a preview needs no cluster. */
function unreachableClusters() {
  const names = ["dev", "staging", "prod"].map((stack) => {
    const text = readFileSync(join(root, `Pulumi.${stack}.yaml`), "utf8");
    return /context: "?([^"\s}]+)/.exec(text)?.[1] ?? stack;
  });
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "none", cluster: { server: "https://127.0.0.1:1" } }],
    users: [{ name: "none", user: {} }],
    contexts: names.map((name) => ({ name, context: { cluster: "none", user: "none" } })),
    "current-context": names[0],
  };
}
