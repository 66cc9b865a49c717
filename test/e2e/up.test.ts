import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { schemaFiles } from "../../cli/schemas.ts";
import type { UpReport } from "../../cli/up/report.ts";
import { sha256 } from "../../release/json.ts";
import { type Checkout, COMMAND, type Outcome, start } from "../cli/checkout.ts";
import { ClusterWithCharts, MODULES, manifestPath, noCluster } from "./clusterWithCharts.ts";

const skipped = noCluster === undefined ? "" : ` (skipped: ${noCluster})`;

/** In order: each test goes on with what the one before has left. */
describe.skipIf(noCluster !== undefined)(`imprimatur up on a real API server${skipped}`, { timeout: 600_000 }, () => {
  let server: ClusterWithCharts;
  let checkout: Checkout;

  beforeAll(async () => {
    server = await ClusterWithCharts.start();
    checkout = server.checkout();
    await checkout.git("init", "-q", "-b", "main");
    expect((await run("plan", "--write", "--engine", "offline")).code).toBe(0);
    await commit("platform");
  });
  afterAll(async () => {
    checkout?.remove();
    await server?.stop();
  });

  it("says what is wrong before anything is started", async () => {
    const { IMPRIMATUR_KEY: _, ...keyless } = server.environment(checkout);
    const noKey = await start(process.execPath, [COMMAND, "up", "dev", "--yes"], checkout.root, keyless);
    expect([noKey.code, noKey.stdout]).toEqual([2, ""]);
    expect(noKey.stderr).toContain("--key: name the key to sign with");
    const noAnswer = await run("up", "dev");
    expect(noAnswer.code).toBe(2);
    expect(noAnswer.stderr).toContain("--yes: is needed where there is no terminal to ask on");
    const { PULUMI_CONFIG_PASSPHRASE: __, ...open } = server.environment(checkout);
    const noPassphrase = await start(process.execPath, [COMMAND, "up", "dev", "--yes"], checkout.root, open);
    expect(noPassphrase.stderr).toMatch(/^error: PULUMI_CONFIG_PASSPHRASE: is not set/);
    expect(server.namespaces).not.toContain("store");
  });

  it("does not build what is not blessed, with and without the policy pack", async () => {
    checkout.write("catalog/trust/formality.yaml", "blessed: [dev]\nrules: []\n");
    const { code, report } = await up();
    expect(code).toBe(1);
    expect(report.refused?.reason).toBe("policies refuse it, so nothing of dev was applied");
    expect(report.preview?.stacks[0]?.verdicts.filter(({ violations }) => violations.length > 0)).not.toEqual([]);
    expect(report.applied).toBeUndefined();

    await server.pulumi(checkout, "stack", "init", "dev", "--no-select");
    for (const pack of [[], ["--policy-pack", "policies"]]) {
      const plain = await server.pulumi(checkout, "up", "--yes", "--skip-preview", "--stack", "dev", ...pack);
      expect(plain.code).not.toBe(0);
      expect(plain.stdout).toContain("refused by blessed-releases: store 1.0.0");
    }
    expect(server.namespaces).not.toContain("store");
    await checkout.git("checkout", "-q", "catalog", "Pulumi.dev.yaml");
    await server.pulumi(checkout, "stack", "rm", "dev", "--yes", "--preserve-config");
  });

  it("stops where the program does not come to the committed plan, and shows the difference", async () => {
    checkout.edit("components/environment.ts", "imprimatur.dev/stack", "imprimatur.dev/changed");
    const { code, report } = await up();
    expect(code).toBe(1);
    expect(report.refused?.reason).toContain("it does not come to plans/dev.json, which is what was approved");
    expect(report.plan?.reproduced).toBe(false);
    const changed = report.difference?.stacks[0]?.resources.filter(({ op }) => op !== "same") ?? [];
    expect(changed.map(({ type, name, op }) => [op, type, name])).toEqual(
      MODULES.map((module) => ["update", "kubernetes:core/v1:Namespace", `platform-${module}`]),
    );
    expect(server.namespaces).not.toContain("store");
    await checkout.git("checkout", "-q", "components");
  });

  it("applies what was approved, makes the stack, and records it", async () => {
    const { code, report } = await up();

    expect(code).toBe(0);
    const validate = new Ajv2020({ validateFormats: false }).compile(
      JSON.parse(schemaFiles().get("schemas/up.json") ?? ""),
    );
    expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
    const head = (await checkout.git("rev-parse", "HEAD")).stdout.trim();
    const planDigest = sha256(checkout.read("plans/dev.json"));
    expect(report.plan).toEqual({ sha256: planDigest, commit: head, reproduced: true });
    expect(report.applied).toMatchObject({ succeeded: true, counts: { create: 18 }, problems: [] });
    expect(report.notes[0]).toContain("Pulumi.dev.yaml has the key of its secrets now: commit it");
    expect(checkout.read("Pulumi.dev.yaml")).toMatch(
      /^config:\n {2}imprimatur:cluster: { context: dev }\n[\s\S]*\nencryptionsalt: v1:\S+\n$/,
    );
    expect(report.entry).toEqual({
      path: "catalog/ledger/dev/000001.sigstore.json",
      action: "update",
      person: "pipeline",
    });
    for (const module of MODULES) {
      expect(server.helmRecords(module)).toEqual([{ name: module, status: "deployed", version: "1" }]);
      expect(server.cluster.get("deployment", module, "--namespace", module).status.readyReplicas).toBe(1);
    }

    const shown = JSON.parse((await run("ledger", "show", "dev", "--json")).stdout);
    expect(shown.stacks[0].entries[0].entry).toEqual({
      stack: "dev",
      seq: 1,
      previous: null,
      action: "update",
      changes: MODULES.map((module) => ({
        module,
        version: "1.0.0",
        from: null,
        to: `sha256:${sha256(checkout.read(manifestPath(module)))}`,
        blessing: null,
      })),
      canaries: [],
      flags: [],
      outcome: "succeeded",
      planDigest,
      approvers: [],
      waivers: [],
      commit: head,
      at: expect.any(String),
      durationSeconds: expect.any(Number),
    });
    await commit("applied");
  });

  it("changes nothing the second time, and records that too", async () => {
    const { code, report } = await up();
    expect(code).toBe(0);
    expect(report.applied?.counts).toEqual({ same: 18, read: 1 });
    expect(report.preview?.base.reason).toBe("applied last");
    expect(report.preview?.counts).toEqual({ create: 0, update: 0, replace: 0, delete: 0, same: 18 });
    expect(report.entry?.path).toBe("catalog/ledger/dev/000002.sigstore.json");
    for (const module of MODULES) expect(server.helmRecords(module)).toHaveLength(1);
    expect((await run("ledger", "verify", "dev")).stdout).toMatch(/^✔ dev: 2 entries/);
  });

  it("finds drift without changing anything, takes it into the state, and puts it right", async () => {
    expect((await run("drift", "dev")).stdout).toBe("dev is as it was applied\n");
    server.kubectl("label", "namespace", "store", "--overwrite", "imprimatur.dev/stack=other");

    const drift = await run("drift", "dev", "--json");
    expect(drift.code).toBe(1);
    expect(JSON.parse(drift.stdout).drifted).toEqual([
      expect.objectContaining({ op: "update", urn: expect.stringMatching(/Namespace::platform-store$/) }),
    ]);
    expect((await run("refresh", "dev", "--yes")).code).toBe(0);
    expect((await up()).report.applied?.counts).toMatchObject({ update: 1 });
    expect(server.cluster.get("namespace", "store").metadata.labels["imprimatur.dev/stack"]).toBe("dev");
    const none = await run("drift", "dev", "--unleash", "--json");
    expect([none.code, JSON.parse(none.stdout)]).toMatchObject([0, { drifted: [], populations: [] }]);
  });

  it("records an update that failed, with the reason", async () => {
    // Helm keeps its records in secrets: now it can begin nothing.
    server.kubectl("create", "quota", "stop", "--hard", "secrets=0", "--namespace", "web");
    const values = "  imprimatur:values: { web: { extra: 1 } }\n";
    checkout.edit("Pulumi.dev.yaml", "  imprimatur:modules:", `${values}  imprimatur:modules:`);
    expect((await run("plan", "--write", "--engine", "offline")).code).toBe(0);
    await commit("a value");

    const failed = await up();
    expect(failed.code).toBe(1);
    expect(failed.report.applied?.succeeded).toBe(false);
    expect(failed.report.applied?.problems[0]?.message).toContain("exceeded quota");
    const { stacks } = JSON.parse((await run("ledger", "show", "dev", "--json")).stdout);
    expect(stacks[0].entries[0].entry.outcome).toBe("failed");
    expect(stacks[0].entries[0].entry.reason).toContain("exceeded quota");

    server.kubectl("delete", "quota", "stop", "--namespace", "web");
    const { code, report } = await up();
    expect([code, report.applied?.counts.update]).toEqual([0, 1]);
  });

  it("destroys, and records what is gone", async () => {
    const { code, stdout, stderr } = await run("destroy", "dev", "--yes", "--json");
    expect(code, stdout + stderr).toBe(0);
    for (const module of MODULES) expect(server.namespaces).not.toContain(module);
    const { stacks } = JSON.parse((await run("ledger", "show", "dev", "--json")).stdout);
    const { entry } = stacks[0].entries[0];
    expect([entry.action, entry.outcome]).toEqual(["destroy", "succeeded"]);
    expect(entry.changes.map(({ module, to }: { module: string; to: null }) => [module, to])).toEqual(
      MODULES.map((module) => [module, null]),
    );
  });

  it("does not make what has an image that nobody has released, whoever declares it", async () => {
    await checkout.git("checkout", "-q", ".");
    // A stack that asks for blessings, and has no release whose own would be missing.
    checkout.write("catalog/trust/formality.yaml", "blessed: [dev]\nrules: []\n");
    const pinned = /^ {2}imprimatur:(modules:\n( {4}.*\n)+|values:.*\n)/gm;
    checkout.write("Pulumi.dev.yaml", `${checkout.read("Pulumi.dev.yaml").replace(pinned, "")}`);
    checkout.edit("Pulumi.dev.yaml", "config:\n", "config:\n  imprimatur:modules: {}\n");
    const image = `registry.test/app/other@sha256:${"d".repeat(64)}`;
    const main = checkout.read("stacks/index.ts");
    checkout.write(
      "stacks/index.ts",
      `import { Pod } from "@pulumi/kubernetes/core/v1/pod.js";
${main}
new Pod("intruder", {
  metadata: { name: "intruder", namespace: "default" },
  spec: { containers: [{ name: "main", image: "${image}" }] },
});
`,
    );
    const { code, report } = await up();
    expect([code, report.refused?.reason]).toEqual([1, "policies refuse it, so nothing of dev was applied"]);
    const refusals = report.preview?.stacks[0]?.verdicts.filter(
      ({ level, violations }) => level === "mandatory" && violations.length > 0,
    );
    expect(refusals?.map(({ policy }) => policy)).toContain("blessed-images");

    await server.pulumi(checkout, "stack", "init", "dev", "--no-select");
    const args = ["up", "--yes", "--skip-preview", "--stack", "dev", "--policy-pack", "policies"];
    const plain = await server.pulumi(checkout, ...args);
    expect(plain.code).not.toBe(0);
    expect(plain.stdout).toContain("blessed-images");
    expect(server.cluster.get("pods", "--namespace", "default").items).toEqual([]);
  });

  function run(...args: readonly string[]): Promise<Outcome> {
    return start(process.execPath, [COMMAND, ...args], checkout.root, server.environment(checkout));
  }

  async function up(): Promise<{ readonly code: number; readonly report: UpReport }> {
    const { code, stdout, stderr } = await run("up", "dev", "--yes", "--json");
    if (code === 2) throw new Error(stderr);
    return { code, report: JSON.parse(stdout) };
  }

  async function commit(message: string): Promise<void> {
    await checkout.git("add", "-A");
    await checkout.git("commit", "-q", "-m", message);
  }
});
