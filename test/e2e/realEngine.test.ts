import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openContext } from "../../cli/context.ts";
import { policyPack } from "../../cli/pack.ts";
import { readStacks } from "../../cli/stacks.ts";
import { comparablePlan } from "../../engine/defaults.ts";
import type { Engine, StackInput, StackResult } from "../../engine/engine.ts";
import { offlineEngine } from "../../engine/offline.ts";
import { pulumiEngine } from "../../engine/pulumi.ts";
import { Plan } from "../../release/plan.ts";
import { allows, readRefusals } from "../../release/verdict.ts";
import { type ChartHosts, startChartHosts } from "./chartHosts.ts";
import { missingTools } from "./tools.ts";

const root = join(import.meta.dirname, "../..");
const missing = missingTools("pulumi", "pulumi-resource-kubernetes", "docker-registry", "openssl");
const skipped = missing === undefined ? "" : ` (skipped: ${missing})`;

describe.skipIf(missing !== undefined)(`the reference platform on the real engine${skipped}`, () => {
  const context = openContext({ directory: root });
  let charts: ChartHosts;
  let folder: string;

  beforeAll(async () => {
    charts = await startChartHosts(root);
    folder = mkdtempSync(join(tmpdir(), "imprimatur-real-"));
    const kubeconfig = join(folder, "kubeconfig");
    writeFileSync(kubeconfig, JSON.stringify(unreachable(["keel-dev", contextOf("staging"), contextOf("prod")])));
    vi.stubEnv("KUBECONFIG", kubeconfig);
    vi.stubEnv("PULUMI_HOME", join(folder, "home"));
    vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "");
    vi.stubEnv("PULUMI_BACKEND_URL", undefined);
    vi.stubEnv("PULUMI_ACCESS_TOKEN", undefined);
  });
  afterAll(() => {
    charts?.stop();
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The context that the AWS CLI names after the cluster of a stack. */
  function contextOf(stack: string): string {
    const { account, region } = context.catalogue.stack(stack);
    return `arn:aws:eks:${region}:${account}:cluster/${stack}`;
  }

  async function preview(engine: Engine, stack: string, ...sets: string[]): Promise<StackResult> {
    const inputs = readStacks(context, [stack], sets).map(({ input }) => withoutAws(input, contextOf(input.name)));
    // The committed plan of the other stack has the resources of AWS.
    const pack = { ...policyPack(context), config: { "environment-parity": "disabled" } };
    const [result] = await engine.preview(inputs, { root, pack, env: charts.env });
    if (result === undefined) throw new Error("a preview gives a result for each stack");
    return result;
  }

  it("plans dev as the committed plan has it", async () => {
    const committed = Plan.parse(JSON.parse(readFileSync(join(root, "plans/dev.json"), "utf8")));
    const { $schema: _, ...expected } = comparablePlan(committed);
    expect((await preview(pulumiEngine, "dev")).plan).toEqual(expected);
  });

  it.each(["dev", "staging", "prod"])(
    "plans and judges %s as the offline engine does, and refuses nothing",
    async (stack) => {
      const offline = await preview(offlineEngine, stack);
      const { plan, verdicts, log } = await preview(pulumiEngine, stack);
      expect(plan).toEqual(comparablePlan(offline.plan));
      expect(verdicts).toEqual(offline.verdicts);
      expect(log.filter(({ severity }) => severity === "error")).toEqual([]);
      expect(verdicts.length).toBeGreaterThan(10);
      expect(verdicts.filter(({ level }) => level === "mandatory").flatMap(({ violations }) => violations)).toEqual([]);
    },
  );

  it("refuses an unblessed release in both rings, in the same words as the offline engine", async () => {
    const { verdicts, log } = await preview(pulumiEngine, "prod", "skaha=1.1.0");
    expect(allows(verdicts)).toBe(false);
    const offline = await preview(offlineEngine, "prod", "skaha=1.1.0");
    expect(verdicts).toEqual(offline.verdicts);
    const refusals = log.flatMap(({ message }) => readRefusals(message) ?? []);
    expect(refusals.map(({ policy, violations }) => [policy, violations.length])).toEqual([["blessed-releases", 1]]);
    expect(refusals).toEqual(offline.log.flatMap(({ message }) => readRefusals(message) ?? []));
  });
});

/**
 * The same stack on a cluster and registries that exist already: the AWS provider cannot be had everywhere, and what
 * runs in the cluster is the same.
 */
function withoutAws(input: StackInput, context: string): StackInput {
  const registries = input.config["imprimatur:registries"] as Record<string, Record<string, unknown>>;
  const existing = Object.entries(registries).map(([name, { url, mirrors, pullSecret }]) => [
    name,
    Object.fromEntries(Object.entries({ url, mirrors, pullSecret }).filter(([, value]) => value !== undefined)),
  ]);
  const cluster = input.config["imprimatur:cluster"] as { readonly kind?: string };
  return {
    ...input,
    config: {
      ...input.config,
      "imprimatur:cluster": cluster.kind === "eks" ? { kind: "existing", context } : cluster,
      "imprimatur:registries": Object.fromEntries(existing),
    },
  };
}

/** Contexts with nothing that answers behind them: a preview needs no cluster. */
function unreachable(names: readonly string[]) {
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "none", cluster: { server: "https://127.0.0.1:1" } }],
    users: [{ name: "none", user: {} }],
    contexts: names.map((name) => ({ name, context: { cluster: "none", user: "none" } })),
    "current-context": names[0],
  };
}
