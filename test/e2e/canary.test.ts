import { InMemStorageProvider, startUnleash } from "unleash-client";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openContext } from "../../cli/context.ts";
import { readStacks } from "../../cli/stacks.ts";
import type { StatusReport } from "../../cli/status/report.ts";
import { Unleash } from "../../clients/unleash.ts";
import type { Approval } from "../cli/approval.ts";
import { applied, blessConditions, CONDITIONS, conditionsPlatform, PROCESSING, RULES } from "../cli/canaryCheckout.ts";
import { UnleashServer } from "./unleashServer.ts";

const started = await UnleashServer.start();
const server = started as UnleashServer;
const FLAG = "gathering-conditions-canary";
const CLUSTERS = 5000;

/** A service as the seed has it: it asks Unleash, and serves the version that its environment names. */
async function serve(checkout: Approval): Promise<Map<string, Set<string>>> {
  const [read] = readStacks(openContext({ directory: checkout.root }), ["prod"], []);
  const env = read?.platform.modules.get("conditions-service")?.values.env as Record<string, string>;
  const { STABLE_VERSION = "", CANARY_VERSION = "" } = env;
  const client = await startUnleash({
    appName: "conditions-service",
    url: `${server.url}/api`,
    customHeaders: { authorization: server.backendToken },
    storageProvider: new InMemStorageProvider(),
    disableMetrics: true,
    skipInstanceCountWarning: true,
  });
  try {
    const served = Array.from({ length: CLUSTERS }, (_, index) => `cluster-${index}`).map((clusterId) => {
      const canary = client.isEnabled(FLAG, { properties: { clusterId } }) && CANARY_VERSION !== "none";
      return [canary ? CANARY_VERSION : STABLE_VERSION, clusterId] as const;
    });
    const groups = Map.groupBy(served, ([version]) => version);
    return new Map([...groups].map(([version, group]) => [version, new Set(group.map(([, cluster]) => cluster))]));
  } finally {
    client.destroy();
  }
}

/** Whether so many of all clusters are a share of so many percent: within five standard deviations of a binomial. */
function expectShare(count: number | undefined, percent: number): void {
  const share = percent / 100;
  const bound = 5 * Math.sqrt(CLUSTERS * share * (1 - share));
  expect(Math.abs((count ?? 0) - CLUSTERS * share)).toBeLessThanOrEqual(bound);
}

describe.skipIf(typeof started === "string")(`canaries${typeof started === "string" ? `: ${started}` : ""}`, () => {
  let checkout: Approval;
  afterAll(() => server.stop());
  beforeEach(async () => {
    vi.stubEnv("UNLEASH_TOKEN", server.place.token);
    checkout = await conditionsPlatform({ unleash: server.place });
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await new Unleash(server.place).deleteFlag(FLAG);
  });

  const run = async (words: string, person = RULES, ...more: string[]) => {
    const [step = "", ...args] = words.split(" ");
    const { code, stdout, stderr } = await checkout.verb(
      ["canary", step, CONDITIONS, ...args, "--stack", "prod", ...more],
      step === "status" ? undefined : person,
    );
    return { code, text: `${stdout}${stderr}` };
  };
  const done = async (...args: Parameters<typeof run>) => {
    const { code, text } = await run(...args);
    expect({ code, text }).toEqual({ code: 0, text: expect.any(String) });
    return text;
  };
  const saw = (result: "pass" | "fail") =>
    checkout.verb(
      ["attest", CONDITIONS, "1.0.2", "--type", "verdict", "--in", "prod", "--result", result, "--summary", "archives"],
      RULES,
    );
  const counts = async () => {
    const served = await serve(checkout);
    return { old: served.get("1.0.1")?.size ?? 0, canary: served.get("1.0.2")?.size ?? 0 };
  };

  it("the seed's sequence: start, widen, promote, settle", async () => {
    expect(await counts()).toEqual({ old: CLUSTERS, canary: 0 });
    await done("start 1.0.2");
    await applied(checkout);
    expect(await counts()).toEqual({ old: CLUSTERS, canary: 0 });

    expect(await done("widen --to 5")).toContain("canary 1.0.2 for 5 %");
    const first = (await serve(checkout)).get("1.0.2") ?? new Set();
    expectShare(first.size, 5);
    expect(await run("widen --to 25")).toMatchObject({ code: 1 });
    expectShare((await counts()).canary, 5);
    await saw("pass");
    await done("widen --to 25");
    const second = (await serve(checkout)).get("1.0.2") ?? new Set();
    expectShare(second.size, 25);
    // Who has the canary keeps it.
    expect(first.difference(second).size).toBe(0);

    await saw("pass");
    expect(await done("promote")).toContain("a population of 25 % is owed");
    expect(await counts()).toEqual({ old: 0, canary: CLUSTERS });
    const status = await run("status");
    expect(status).toMatchObject({ code: 0, text: expect.stringContaining("≈ owed") });
    const again = await run("start 1.0.3");
    expect(again).toMatchObject({ code: 1, text: expect.stringContaining("has still to go back to 0") });
    expect(again.text).toContain("npx imprimatur canary settle gathering-conditions --stack prod");
    await done("settle");
    expect(await new Unleash(server.place).flag(FLAG)).toMatchObject({ enabled: true, rollouts: [{ percentage: 0 }] });
    expect(await counts()).toEqual({ old: 0, canary: CLUSTERS });
  });

  it("a revert, by the other team, takes the canary from everybody before the stack file is merged", async () => {
    const original = checkout.read("Pulumi.prod.yaml");
    await done("start 1.0.2");
    await applied(checkout);
    const deployed = checkout.read("Pulumi.prod.yaml");
    await done("widen --to 5");
    await saw("fail");
    expect((await run("widen --to 25")).text).toContain("verdict by rules-lead speaks against 1.0.2: archives");
    await done("revert", PROCESSING, "--reason", "archives are empty");
    expect(checkout.read("Pulumi.prod.yaml")).toBe(original);
    checkout.write("Pulumi.prod.yaml", deployed);
    expect(await counts()).toEqual({ old: CLUSTERS, canary: 0 });
  });

  it("a newer release takes the canary's place from the start, and an emergency leaves the population alone", async () => {
    await done("start 1.0.2");
    await applied(checkout);
    await done("widen --to 5");
    expect(await run("supersede 1.0.3")).toMatchObject({ code: 1, text: expect.stringContaining("1.0.3 may not run") });
    expectShare((await counts()).canary, 5);
    await blessConditions(checkout, "1.0.3");
    await done("supersede 1.0.3");
    expect((await run("widen --to 5")).text).toContain("1.0.3 is not deployed");
    await applied(checkout);
    const served = await serve(checkout);
    expect([served.get("1.0.1")?.size, served.size]).toEqual([CLUSTERS, 1]);
    await done("widen --to 5");
    expectShare((await serve(checkout)).get("1.0.3")?.size, 5);
    expect(await done("emergency 1.0.2", PROCESSING, "--reason", "1.0.1 crashes")).toContain(
      "a population of 5 % is owed",
    );
    expect(await new Unleash(server.place).flag(FLAG)).toMatchObject({ rollouts: [{ percentage: 5 }] });
    expect(await counts()).toEqual({ old: 0, canary: CLUSTERS });
  });

  it("a population that was moved by hand is drift, and stops what would raise it", async () => {
    await done("start 1.0.2");
    await applied(checkout);
    await done("widen --to 5");
    expect(await run("status")).toMatchObject({ code: 0 });
    const unleash = new Unleash(server.place);
    const [rollout] = (await unleash.flag(FLAG))?.rollouts ?? [];
    if (rollout === undefined) throw new Error("the flag has no rollout");
    await unleash.setRollout(FLAG, { ...rollout, percentage: 40 });
    const status = await run("status");
    expect(status.code).toBe(1);
    expect(status.text).toContain("the population is 40 %, which is not on the ladder 5, 25, 100");
    expect(status.text).toContain("the population is 40 %, and 5 % is recorded");
    const everything = await checkout.verb(["status", "prod", "--no-cluster", "--unleash", "--json"]);
    expect(everything.code, everything.stderr).toBe(1);
    const drift = [
      "the population is 40 %, which is not on the ladder 5, 25, 100",
      "the population is 40 %, and 5 % is recorded",
    ];
    const [prod]: StatusReport["stacks"] = JSON.parse(everything.stdout).stacks;
    expect(prod?.populations).toEqual([{ module: CONDITIONS, actual: 40, drift }]);
    const shown = await checkout.verb(["status", "prod", "--no-cluster", "--unleash"]);
    expect(shown.stdout).toContain(`\n  ✘ canary of ${CONDITIONS}: ${drift[1]}\n`);
    expect((await checkout.verb(["status", "prod", "--no-cluster"])).code).toBe(0);
    await saw("pass");
    const widen = await run("widen --to 25");
    expect(widen).toMatchObject({ code: 1, text: expect.stringContaining("canary widen gathering-conditions --to 5") });
    await done("widen --to 5");
    expect(await run("status")).toMatchObject({ code: 0 });
    expectShare((await counts()).canary, 5);

    await unleash.setRollout(FLAG, { ...rollout, stickiness: "random" });
    expect((await run("status")).text).toContain("is for other clients than was signed for");
    await done("revert", RULES, "--reason", "somebody plays with it");
    await unleash.setRollout(FLAG, { ...rollout, percentage: 100 });
    // Nobody is to get any canary, and all get it: that is drift, and owed.
    const nobodys = await run("status");
    expect(nobodys).toMatchObject({ code: 1, text: expect.stringContaining("100 %, and 0 % is recorded") });
    expect(nobodys.text).toContain("canary settle gathering-conditions");
    const owed = await run("start 1.0.2");
    expect(owed).toMatchObject({ code: 1, text: expect.stringContaining("has still to go back to 0") });
    await done("settle");
    await done("start 1.0.2");
    await applied(checkout);
  });

  it("goes to nobody whom the ladder's signers kept out, whatever the share", async () => {
    checkout.edit(
      `catalog/modules/${CONDITIONS}.yaml`,
      "  stickiness: clusterId\n",
      "  stickiness: clusterId\n  except: { clusterId: [cluster-1, cluster-2] }\n  only: { clusterId: [cluster-1, cluster-3] }\n",
    );
    checkout.edit(`catalog/modules/${CONDITIONS}.yaml`, "[5, 25, 100]", "[100]");
    expect((await run("start 1.0.2")).text).toContain("1.0.1 may not run in this stack");
    for (const version of ["1.0.1", "1.0.2"]) await blessConditions(checkout, version);
    await done("start 1.0.2");
    await applied(checkout);
    await done("widen --to 100");
    expect((await serve(checkout)).get("1.0.2")).toEqual(new Set(["cluster-3"]));
  });
});
