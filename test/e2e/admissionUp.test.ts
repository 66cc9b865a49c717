import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CliExit, cliEnvironment, findCli } from "../../engine/pulumiCli.ts";
import { sha256 } from "../../release/json.ts";
import type { Checkout } from "../cli/checkout.ts";
import { CURRENT, create, gatedCheckout, platformCluster, pod, refusalOf, UNLISTED } from "./admissionCluster.ts";
import { type ApiServer, noKubernetes } from "./apiServer.ts";
import { missingTools, until } from "./tools.ts";

const missing = missingTools("pulumi", "pulumi-resource-kubernetes") ?? noKubernetes;
const skipped = missing === undefined ? "" : ` (skipped: ${missing})`;
const JUDGED = ["--stack", "prod-gate", "--policy-pack", "policies"];

describe.skipIf(missing !== undefined)(`the admission gate, applied by the real engine${skipped}`, () => {
  let checkout: Checkout;
  let cluster: ApiServer;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "imprimatur-gate-"));
    checkout = gatedCheckout();
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

  function dryRun(imageName: string): string {
    return refusalOf(cluster, create(pod("dry", imageName)), "--dry-run=server");
  }

  /** Runs the Pulumi CLI, which must not fail. */
  async function applied(...args: readonly string[]): Promise<void> {
    const { code, stdout, stderr } = await pulumi(...args);
    if (code !== 0) throw new Error(`${stdout}${stderr}`);
  }

  function pulumi(...args: readonly string[]): Promise<CliExit> {
    const env = cliEnvironment(process.env, {
      KUBECONFIG: cluster.kubeconfig,
      PULUMI_HOME: join(folder, "pulumi"),
      PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "a passphrase",
    });
    const cli = findCli(env);
    if (cli === undefined) throw new Error("there is no Pulumi CLI");
    return cli.run(args, { cwd: checkout.root, env });
  }
});
