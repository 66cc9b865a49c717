import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PEOPLE_FILE } from "../../cli/approve/people.ts";
import type { UpReport } from "../../cli/up/report.ts";
import { type CliExit, cliEnvironment, findCli } from "../../engine/pulumiCli.ts";
import { sha256 } from "../../release/json.ts";
import { newKeyPair } from "../../signing/pem.ts";
import { type Checkout, COMMAND, start } from "../cli/checkout.ts";
import {
  CURRENT,
  create,
  gatedCheckout,
  gateObjects,
  platformCluster,
  pod,
  refusalOf,
  UNLISTED,
} from "./admissionCluster.ts";
import { type ApiServer, noKubernetes } from "./apiServer.ts";
import { peopleWith } from "./clusterWithCharts.ts";
import { missingTools, until } from "./tools.ts";

const missing = missingTools("pulumi", "pulumi-resource-kubernetes") ?? noKubernetes;
const skipped = missing === undefined ? "" : ` (skipped: ${missing})`;
const SECRET = "a passphrase";
const JUDGED = ["--stack", "prod-gate", "--policy-pack", "policies"];

describe.skipIf(missing !== undefined)(`the admission gate, applied by the real engine${skipped}`, () => {
  let checkout: Checkout;
  let cluster: ApiServer;
  let folder: string;
  let before: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "imprimatur-gate-"));
    checkout = gatedCheckout();
    before = checkout.read("Pulumi.prod.yaml");
    cluster = await platformCluster();
    mkdirSync(join(folder, "state"));
    expect((await pulumi("stack", "init", "prod-gate")).code).toBe(0);
  });
  afterAll(async () => {
    await cluster?.stop();
    checkout?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it("is previewed, installed, and then found as it is to be", async () => {
    await applied("preview", ...JUDGED);
    await applied("up", "--yes", ...JUDGED);
    await applied("up", "--yes", "--expect-no-changes", ...JUDGED);
    await until("the gate", async () => dryRun(UNLISTED) !== "");
    expect(dryRun(UNLISTED)).toContain("is not on the list");
    expect(dryRun(CURRENT)).toBe("");
  });

  it("lets in what is pinned next, and what was pinned before no longer", async () => {
    const next = `1.2.0-edge.1@sha256:${sha256(checkout.read("catalog/releases/web/1.2.0-edge.1.json"))}`;
    const pins = /web: \[([^,]*), [^\]]*\]/.exec(checkout.read("Pulumi.prod.yaml"));
    checkout.edit("Pulumi.prod.yaml", pins?.[0] ?? "", `web: [${next}, ${pins?.[1]}]`);

    await applied("up", "--yes", ...JUDGED);
    await until("the new list", async () => dryRun(UNLISTED) === "");
    expect(dryRun(CURRENT)).toBe("");
    expect(dryRun(CURRENT.replace(/web@.*/, `web@${"sha256:"}${sha256("image web 1.0.0")}`))).toContain(
      "is not on the list",
    );
  });

  it("takes off by itself what was revoked or has run out since its plan was approved, and then does nothing", async () => {
    const { privateKeyPem, publicKeyPem } = newKeyPair(SECRET);
    writeFileSync(join(folder, "pipeline.pem"), privateKeyPem, { mode: 0o600 });
    checkout.write(PEOPLE_FILE, peopleWith(publicKeyPem));
    checkout.write(".gitignore", "node_modules\n");
    const text = checkout.read("Pulumi.prod.yaml");
    const [pins = "", next] = /web: \[([^,]*), [^\]]*\]/.exec(text) ?? [];
    await gateObjects(checkout);
    // Now only one release is pinned, and the plan that was approved still has both.
    checkout.write("Pulumi.prod.yaml", text.replace(pins, `web: [${next}]`));
    await checkout.git("init", "-q", "-b", "main");
    await checkout.git("add", "-A");
    await checkout.git("commit", "-q", "-m", "approved");

    const { code, report } = await up();
    expect(code, JSON.stringify(report.refused)).toBe(0);
    expect(report.plan?.reproduced).toBe(false);
    expect(report.notes).toEqual(["1 line of plans/prod-gate.json left the lists since: revoked, or run out"]);
    expect(report.applied?.counts).toMatchObject({ update: 1 });
    await until("the shorter list", async () => dryRun(CURRENT) !== "");
    expect(dryRun(UNLISTED)).toBe("");

    const again = await up();
    expect([again.code, again.report.unchanged, again.report.applied, again.report.entry]).toEqual([
      0,
      true,
      undefined,
      undefined,
    ]);

    // Longer it may not be.
    checkout.write("Pulumi.prod.yaml", text.replace(pins, `web: [${next}, ${/1\.0\.0@[^,\]]*/.exec(before)?.[0]}]`));
    await checkout.git("commit", "-q", "-a", "-m", "not approved");
    const longer = await up();
    expect([longer.code, longer.report.refused?.reason]).toEqual([
      1,
      expect.stringContaining("does not come to plans/prod-gate.json"),
    ]);
  });

  async function up(): Promise<{ readonly code: number; readonly report: UpReport }> {
    const args = [COMMAND, "up", "prod-gate", "--yes", "--if-changed", "--json"];
    const { code, stdout, stderr } = await start(process.execPath, args, checkout.root, environment());
    if (code === 2) throw new Error(stderr);
    return { code, report: JSON.parse(stdout) };
  }

  function environment(): Record<string, string> {
    return {
      KUBECONFIG: cluster.kubeconfig,
      PULUMI_HOME: join(folder, "pulumi"),
      PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: SECRET,
      IMPRIMATUR_KEY: join(folder, "pipeline.pem"),
      IMPRIMATUR_PASSPHRASE: SECRET,
    };
  }

  function dryRun(imageName: string): string {
    return refusalOf(cluster, create(pod("dry", imageName)), "--dry-run=server");
  }

  /** Runs the Pulumi CLI, which must not fail. */
  async function applied(...args: readonly string[]): Promise<void> {
    const { code, stdout, stderr } = await pulumi(...args);
    if (code !== 0) throw new Error(`${stdout}${stderr}`);
  }

  function pulumi(...args: readonly string[]): Promise<CliExit> {
    const env = cliEnvironment(process.env, environment());
    const cli = findCli(env);
    if (cli === undefined) throw new Error("there is no Pulumi CLI");
    return cli.run(args, { cwd: checkout.root, env });
  }
});
