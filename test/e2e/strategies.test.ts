import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { failureReasons } from "../../clients/failureReasons.ts";
import { AppliedPlatform } from "./appliedPlatform.ts";
import { chart, noStrategies, StrategyCluster, service, TRIED } from "./strategyCluster.ts";

const how = noStrategies === undefined ? TRIED.by : `(skipped: ${noStrategies})`;

// Charts are waited for, and processes started; all of it takes long on a busy machine.
vi.setConfig({ testTimeout: 900_000 });

describe.skipIf(noStrategies !== undefined)(`strategies on a real API server, ${how}`, () => {
  let servers: StrategyCluster;
  beforeAll(async () => {
    servers = await StrategyCluster.start();
  });
  afterAll(() => servers?.stop());

  it("leaves the old Pods serving where the new ones crash, to be seen, until it is taken back", async () => {
    const modules = { conditions: { atomic: false } };
    const platform = new AppliedPlatform(servers, modules);
    const rolling = { strategy: "strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } }" };
    await platform.release({ module: "conditions", version: "1.0.0", templates: chart(rolling) });
    await platform.release({ module: "conditions", version: "1.1.0", templates: chart({ ...rolling, crash: true }) });
    await platform.opened();
    platform.pin("conditions", "1.0.0");
    await platform.applied();
    await platform.ran("conditions", "1.0.0");
    expect(servers.serving("conditions")).toEqual(["conditions 1.0.0", "conditions 1.0.0"]);

    platform.pin("conditions", "1.1.0", "1.0.0");
    platform.patience("conditions", 15);
    const up = await platform.up();
    platform.patience("conditions", 240);

    expect(up.code).not.toBe(0);
    expect(servers.serving("conditions")).toEqual(["conditions 1.0.0", "conditions 1.0.0"]);
    expect(servers.running("conditions").filter((release) => release === "conditions 1.1.0")).toHaveLength(1);

    // The simulated kubelet takes its time to tell.
    const reasons = () => failureReasons({ kubeconfig: servers.cluster.kubeconfig }, ["conditions"]);
    await vi.waitFor(async () => expect(await reasons()).not.toEqual([]), { timeout: 240_000, interval: 1000 });
    expect(await reasons()).toEqual([
      expect.stringMatching(
        /^conditions\/conditions-\w+-\w+ main: CrashLoopBackOff; ended with 1: conditions 1\.1\.0 were not found, started 5 times$/,
      ),
    ]);

    await platform.operate(...rollbackOf("conditions"));
    await platform.applied();
    expect(servers.serving("conditions")).toEqual(["conditions 1.0.0", "conditions 1.0.0"]);
    const gone = () => expect(servers.running("conditions")).not.toContain("conditions 1.1.0");
    await vi.waitFor(gone, { timeout: 240_000, interval: 1000 });
  });

  it("moves traffic to a slot that is ready and has passed its check, leaves it where one is not, and moves it back", async () => {
    const sanity = { image: "web", command: ["/check"], owner: "sre", timeoutSeconds: 240, bakeSeconds: 2 };
    const web = { strategy: "slot", route: { port: 80 }, scaleDown: "replicaCount", sanity };
    const routes = { web: { gateway: { name: "public" }, hostnames: ["web.test"] } };
    const platform = new AppliedPlatform(servers, { web }, { "imprimatur:routes": routes });
    for (const version of ["1.0.0", "1.1.0", "1.2.0", "1.3.0"]) {
      await platform.release({
        module: "web",
        version,
        templates: { ...chart({ crash: version === "1.2.0" }), service },
      });
    }
    await platform.opened();
    platform.pin("web", "1.0.0");
    await platform.applied();
    await platform.ran("web", "1.0.0");
    const [first = ""] = platform.slots("web");
    expect(servers.traffic("web")).toEqual([[first, 100]]);

    platform.pin("web", "1.1.0", "1.0.0");
    await platform.applied();
    await platform.ran("web", "1.1.0");
    const [second = ""] = platform.slots("web");
    expect(servers.traffic("web")).toEqual([[second, 100]]);
    expect(servers.replicas("web")).toEqual({ [first]: 0, [second]: 2 });
    await platform.unchanged();

    // One that crashes is not even checked.
    platform.pin("web", "1.2.0", "1.1.0");
    platform.patience("web", 15);
    expect((await platform.up()).code).not.toBe(0);
    platform.patience("web", 240);
    expect(servers.traffic("web")).toEqual([[second, 100]]);
    expect(servers.replicas("web")).toEqual({ [first]: 0, [second]: 2 });

    // One that gets ready and fails its check has no traffic either.
    platform.pin("web", "1.3.0", "1.1.0");
    const failed = await platform.up();
    expect(failed.code).not.toBe(0);
    const [fourth = ""] = platform.slots("web");
    expect(servers.cluster.get("job", `${fourth}-sanity`, "--namespace", "web").status.failed).toBe(1);
    expect(servers.traffic("web")).toEqual([[second, 100]]);
    expect(servers.replicas("web")).toMatchObject({ [second]: 2, [fourth]: 2 });

    expect(await platform.operate(...rollbackOf("web"))).toContain("1. web 1.3.0 → 1.1.0");
    await platform.applied();
    expect(servers.traffic("web")).toEqual([[second, 100]]);
    await platform.ran("web", "1.1.0");

    expect(await platform.operate(...rollbackOf("web"))).toContain("1. web 1.1.0 → 1.0.0");
    await platform.applied();
    expect(servers.traffic("web")).toEqual([[first, 100]]);
    expect(servers.replicas("web")).toEqual({ [first]: 2 });
  });

  it("shares the traffic out between a canary and the stable release, as the ladder says", async () => {
    const shop = { strategy: "slot", route: { port: 80 }, canary: { ladder: [10, 50] } };
    const routes = { shop: { gateway: { name: "public" } } };
    const platform = new AppliedPlatform(servers, { shop }, { "imprimatur:routes": routes });
    for (const version of ["1.0.0", "1.1.0", "1.2.0"]) {
      await platform.release({ module: "shop", version, templates: { ...chart({}), service } });
    }
    await platform.opened();
    const canary = (step: string, ...args: string[]) => platform.operate("canary", step, "shop", ...args);
    const attest = ["attest", "shop", "1.1.0", "--type", "verdict", "--in", "dev", "--result", "pass"];
    const looked = async () => {
      const exit = await platform.verb([...attest, "--summary", "orders arrive"], "operator");
      expect(exit).toMatchObject({ code: 0, stderr: "" });
    };
    platform.pin("shop", "1.0.0");
    await platform.applied();
    await platform.ran("shop", "1.0.0");
    const [stable = ""] = platform.slots("shop");
    expect(servers.traffic("shop")).toEqual([[stable, 100]]);

    await canary("start", "1.1.0");
    await platform.applied();
    await platform.recorded();
    const [, second = ""] = platform.slots("shop");
    expect(servers.traffic("shop")).toEqual([
      [stable, 100],
      [second, 0],
    ]);
    expect(servers.replicas("shop")).toEqual({ [stable]: 2, [second]: 2 });

    await canary("widen", "--to", "10");
    await platform.applied();
    await platform.recorded();
    expect(servers.traffic("shop")).toEqual([
      [stable, 90],
      [second, 10],
    ]);
    await looked();
    await canary("widen", "--to", "50");
    await platform.applied();
    await platform.recorded();
    expect(servers.traffic("shop")).toEqual([
      [stable, 50],
      [second, 50],
    ]);

    await looked();
    await canary("promote");
    await platform.applied();
    await platform.ran("shop", "1.1.0");
    expect(servers.traffic("shop")).toEqual([[second, 100]]);
    await platform.unchanged();

    await canary("start", "1.2.0");
    await platform.applied();
    await platform.recorded();
    await canary("widen", "--to", "10");
    await platform.applied();
    const [, third = ""] = platform.slots("shop");
    expect(servers.traffic("shop")).toEqual([
      [second, 90],
      [third, 10],
    ]);
    await canary("revert", "--reason", "orders are lost");
    await platform.applied();
    expect(servers.traffic("shop")).toEqual([[second, 100]]);
    expect(servers.replicas("shop")).toEqual({ [stable]: 2, [second]: 2 });
  });
});

function rollbackOf(module: string): string[] {
  return ["rollback", module, "--engine", "offline", "--reason", "it does not get ready"];
}
