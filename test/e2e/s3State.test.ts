import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CliExit } from "../../engine/pulumiCli.ts";
import { type Checkout, COMMAND, type Outcome, start } from "../cli/checkout.ts";
import { ClusterWithCharts, MODULES, noCluster } from "./clusterWithCharts.ts";
import { KillableUpdate } from "./killableUpdate.ts";
import { Moto, noMoto, REGION } from "./moto.ts";
import { runPulumi } from "./pulumiCommand.ts";

const BUCKET = "imprimatur-state";
const KEY = "alias/imprimatur-state";
const SECRETS = `awskms://${KEY}?region=${REGION}`;
const STATE = ".pulumi/stacks/imprimatur/dev.json";
const LOCKS = ".pulumi/locks/organization/imprimatur/dev/";

const missing = noCluster ?? noMoto;
const skipped = missing === undefined ? "" : ` (skipped: ${missing})`;

/** In order: each test goes on with what the one before has left. */
describe.skipIf(missing !== undefined)(`state in S3, its secrets by KMS${skipped}`, { timeout: 600_000 }, () => {
  let server: ClusterWithCharts;
  let aws: Moto;
  let checkout: Checkout;

  beforeAll(async () => {
    server = await ClusterWithCharts.start();
    aws = await Moto.start();
    const region = `<LocationConstraint>${REGION}</LocationConstraint>`;
    const body = `<CreateBucketConfiguration>${region}</CreateBucketConfiguration>`;
    expect((await bucket("", { method: "PUT", body })).status).toBe(200);
    await createKey();
    checkout = server.checkout();
    await checkout.git("init", "-q", "-b", "main");
    checkout.write("Pulumi.dev.yaml", `secretsprovider: ${SECRETS}\n${checkout.read("Pulumi.dev.yaml")}`);
    expect((await run("plan", "--write", "--engine", "offline")).code).toBe(0);
    await commit("platform");
  });
  afterAll(async () => {
    KillableUpdate.endPlugins();
    checkout?.remove();
    await aws?.stop();
    await server?.stop();
  });

  it("applies with no passphrase, and keeps the state in the bucket", async () => {
    const { code, stdout, stderr } = await run("up", "dev", "--yes", "--json");
    expect(code, stdout + stderr).toBe(0);
    const report = JSON.parse(stdout);
    expect(report.applied).toMatchObject({ succeeded: true, counts: { create: 18 } });
    expect(report.notes[0]).toContain(`stack dev was made on s3://${BUCKET}`);
    expect(checkout.read("Pulumi.dev.yaml")).toMatch(/\nencryptedkey: \S+\n$/);

    const { latest } = JSON.parse(await (await bucket(`/${STATE}`)).text()).checkpoint;
    expect(latest.secrets_providers).toMatchObject({ type: "cloud", state: { url: SECRETS } });
    expect(latest.resources.map(({ urn }: { urn: string }) => urn.split("::").at(-1))).toContain("platform-store");
    await commit("applied");
  });

  it("changes nothing the second time, and finds no drift", async () => {
    const again = await run("up", "dev", "--yes", "--json");
    expect(again.code, again.stdout + again.stderr).toBe(0);
    expect(JSON.parse(again.stdout).applied.counts).toEqual({ same: 18, read: 1 });
    expect(await run("drift", "dev")).toMatchObject({ code: 0, stdout: "dev is as it was applied\n" });
    for (const module of MODULES) expect(server.helmRecords(module)).toHaveLength(1);
    const all = await keys(".pulumi/");
    expect((await run("repair", "dev")).stdout).toBe("dev needs no repair\n");
    expect(await keys(".pulumi/")).toEqual(all);
  });

  it("is chosen by one line of Pulumi.yaml too, or by a login", async () => {
    const { PULUMI_BACKEND_URL: url = "", ...env } = environment();
    const drift = () => start(process.execPath, [COMMAND, "drift", "dev"], checkout.root, env);
    const clean = { code: 0, stdout: "dev is as it was applied\n" };

    expect((await drift()).stderr).toContain("dev is not on file:///");
    const project = checkout.read("Pulumi.yaml");
    checkout.write("Pulumi.yaml", `${project}backend: { url: "${url}" }\n`);
    expect(await drift()).toMatchObject(clean);
    checkout.write("Pulumi.yaml", project);
    expect((await pulumi("login", url)).code).toBe(0);
    expect(await drift()).toMatchObject(clean);
  });

  it("previews where the stack is not yet, with the key that its settings were encrypted with", async () => {
    expect((await pulumi("config", "set", "--secret", "other:password", "hidden", "--stack", "dev")).code).toBe(0);
    expect(checkout.read("Pulumi.dev.yaml")).toContain("secure: ");
    const elsewhere = { ...environment(), PULUMI_BACKEND_URL: `file://${checkout.root}/.pulumi-state` };
    const preview = ["preview", "dev", "--engine", "pulumi", "--json"];
    const { code, stdout, stderr } = await start(process.execPath, [COMMAND, ...preview], checkout.root, elsewhere);
    expect(code, stdout + stderr).toBe(0);
    await checkout.git("checkout", "-q", ".");
  });

  it("finds the lock of an update that was killed, and takes it away", async () => {
    const values = "  imprimatur:values: { web: { extra: 1 } }\n";
    checkout.edit("Pulumi.dev.yaml", "  imprimatur:modules:", `${values}  imprimatur:modules:`);
    expect((await run("plan", "--write", "--engine", "offline")).code).toBe(0);
    await commit("a value");
    const update = new KillableUpdate(checkout.root, environment());
    while (!update.hasEnded && (await locks()).length === 0) await sleep(20);
    expect(update.hasEnded).toBe(false);
    await update.kill(true);
    const all = await keys(".pulumi/");

    const seen = await run("repair", "dev", "--dry-run");
    expect(seen.code, seen.stdout + seen.stderr).toBe(0);
    expect(seen.stdout).toMatch(/lock would be taken away \(its process on this host is dead\): .*: created by /);
    expect(await keys(".pulumi/")).toEqual(all);
    const repaired = await run("repair", "dev");
    expect(repaired.code, repaired.stdout + repaired.stderr).toBe(0);
    expect(await locks()).toEqual([]);
    const up = await run("up", "dev", "--yes", "--json");
    expect(up.code, up.stdout + up.stderr).toBe(0);
    expect((await run("drift", "dev")).code).toBe(0);
    for (const module of MODULES) {
      expect(server.helmRecords(module).filter(({ status }) => status === "deployed")).toHaveLength(1);
    }
  });

  it("leaves the lock of another host to its owner, unless forced", async () => {
    const owner = { pid: 1, username: "alice", hostname: "another-host", timestamp: "2026-01-01T00:00:00Z" };
    const key = `${LOCKS}11111111-1111-4111-8111-111111111111.json`;
    await bucket(`/${key}`, { method: "PUT", body: JSON.stringify(owner) });

    const refused = await run("repair", "dev");
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain("created by alice@another-host (pid 1) at 2026-01-01T00:00:00Z");
    expect(await locks()).toEqual([key]);
    expect((await run("repair", "dev", "--force")).stdout).toContain("taken away (forced)");
    expect(await locks()).toEqual([]);
  });

  async function createKey(): Promise<void> {
    const { CreateAliasCommand, CreateKeyCommand, KMSClient } = await import("@aws-sdk/client-kms");
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    const client = new KMSClient({ endpoint: aws.url, region: REGION, credentials });
    const { KeyMetadata } = await client.send(new CreateKeyCommand({}));
    await client.send(new CreateAliasCommand({ AliasName: KEY, TargetKeyId: KeyMetadata?.KeyId }));
    client.destroy();
  }

  /** One line chooses the backend. Where AWS is, is said as to any of its clients. */
  function environment(): Record<string, string | undefined> {
    const { PULUMI_CONFIG_PASSPHRASE: _, ...others } = server.environment(checkout);
    const backend = `s3://${BUCKET}?endpoint=${aws.url}&s3ForcePathStyle=true`;
    return { ...others, ...aws.credentials, AWS_ENDPOINT_URL_KMS: aws.url, PULUMI_BACKEND_URL: backend };
  }

  function run(...args: readonly string[]): Promise<Outcome> {
    return start(process.execPath, [COMMAND, ...args], checkout.root, environment());
  }

  function pulumi(...args: readonly string[]): Promise<CliExit> {
    return runPulumi(checkout.root, environment(), args);
  }

  async function commit(message: string): Promise<void> {
    await checkout.git("add", "-A");
    await checkout.git("commit", "-q", "-m", message);
  }

  function bucket(path: string, init?: RequestInit): Promise<Response> {
    return aws.fetch("s3", `/${BUCKET}${path}`, init);
  }

  /** What is in the bucket: the keys that begin so. */
  async function keys(prefix: string): Promise<string[]> {
    const list = await (await bucket(`?list-type=2&prefix=${prefix}`)).text();
    return [...list.matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key = ""]) => key);
  }

  function locks(): Promise<string[]> {
    return keys(LOCKS);
  }
});
