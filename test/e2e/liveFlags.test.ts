import { join } from "node:path";
import { startUnleash } from "unleash-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeLiveFlag, removeLiveFlag } from "../../clients/liveFlag.ts";
import { Unleash } from "../../clients/unleash.ts";
import { LedgerEntry } from "../../release/schema/ledger.ts";
import { Approval, PASSPHRASE } from "../cli/approval.ts";
import { type Outcome, platformFiles, start } from "../cli/checkout.ts";
import { UnleashServer } from "./unleashServer.ts";

const started = await UnleashServer.start();
const server = started as UnleashServer;
const COMMAND = join(import.meta.dirname, "../../cli/main.ts");

const MODULE = `${platformFiles()["catalog/modules/web.yaml"]}flags:
  FEATURE_LIVE: { description: The live page, owner: team, maturity: beta, expires: 2099-12-31, acceptance: [x], acceptor: lead, live: true }
`;

describe.skipIf(typeof started === "string")(`live flags${typeof started === "string" ? `: ${started}` : ""}`, () => {
  let checkout: Approval;
  let unleash: Unleash;
  afterAll(() => server.stop());
  beforeAll(() => {
    unleash = new Unleash(server.place);
  });

  /** Runs `imprimatur flag …` as the lead, who may operate. */
  const flag = (args: readonly string[], token = server.place.token): Promise<Outcome> =>
    start(process.execPath, [COMMAND, "flag", ...args], checkout.root, {
      ...{ IMPRIMATUR_KEY: checkout.key("lead"), IMPRIMATUR_PASSPHRASE: PASSPHRASE, UNLEASH_TOKEN: token },
    });
  const on = ["on", "web", "FEATURE_LIVE", "--stack", "prod"];
  const off = ["off", "web", "FEATURE_LIVE", "--stack", "prod", "--reason", "it is slow"];

  function newCheckout(): Approval {
    checkout = new Approval({ "catalog/modules/web.yaml": MODULE }).withKeys("lead", "guest");
    const people = checkout.read("catalog/trust/people.yaml");
    checkout.write(
      "catalog/trust/people.yaml",
      people.replace("may: [attest, block]", "may: [attest, block, operate]"),
    );
    const { url, project, environment } = server.place;
    const settings = `  imprimatur:unleash: { url: "${url}", project: ${project}, environment: ${environment} }\n`;
    checkout.write("Pulumi.prod.yaml", `${checkout.read("Pulumi.prod.yaml")}${settings}`);
    return checkout;
  }

  const entries = () => {
    const files = Object.keys(checkout.snapshot()).filter((path) => path.startsWith("catalog/ledger/prod/"));
    return files.map((path) => {
      const { payload } = JSON.parse(checkout.read(path)).dsseEnvelope;
      return LedgerEntry.parse(JSON.parse(Buffer.from(payload, "base64").toString()).predicate);
    });
  };

  it("are switched at once, with an entry in the ledger and the stack file in step", async () => {
    newCheckout();
    await flag(["accept", "web", "FEATURE_LIVE", "--as", "beta", "--reason", "it works"]);
    const switched = await flag(on);
    expect({ code: switched.code, stderr: switched.stderr }).toEqual({ code: 0, stderr: "" });
    expect(await unleash.flag("FEATURE_LIVE")).toMatchObject({ enabled: true, rollouts: [{ percentage: 100 }] });
    const share = await flag([...on, "--percentage", "30"]);
    expect(share.code).toBe(0);
    expect(await unleash.flag("FEATURE_LIVE")).toMatchObject({ rollouts: [{ percentage: 30, constraints: [] }] });
    const ended = await flag(off);
    expect(ended.code).toBe(0);
    expect(await unleash.flag("FEATURE_LIVE")).toMatchObject({ enabled: false });
    expect(checkout.read("Pulumi.prod.yaml")).toContain("imprimatur:flags: { web: { FEATURE_LIVE: off } }");
    expect(entries().map(({ action, flags, reason }) => [action, flags[0]?.from, flags[0]?.to, reason])).toEqual([
      ["flag", "off", "on", undefined],
      ["flag", "on", { percentage: 30 }, undefined],
      ["flag", { percentage: 30 }, "off", "it is slow"],
    ]);
  });

  it("are on for the sites that opted in and for no other, as a service sees it", async () => {
    newCheckout();
    const optIn = ["opt-in", "web", "FEATURE_LIVE", "--stack", "prod", "--site", "srcnet", "--until", "2099-01-01"];
    expect((await flag(optIn)).code).toBe(0);
    const client = await startUnleash({
      url: `${server.url}/api/`,
      appName: "web",
      refreshInterval: 60_000,
      disableMetrics: true,
      customHeaders: { Authorization: server.backendToken },
    });
    const sees = (site: string) => client.isEnabled("FEATURE_LIVE", { properties: { site } });
    expect([sees("srcnet"), sees("canfar-b"), client.isEnabled("FEATURE_LIVE")]).toEqual([true, false, false]);
    client.destroy();
  });

  it("are made off with what they are for, keep what they are switched to, and go with their declaration", async () => {
    const env = { UNLEASH_TOKEN: server.place.token };
    const declared = { ...server.place, flag: "FEATURE_DECLARED", description: "The new page (owner: team)" };
    const { flag } = declared;
    await makeLiveFlag(declared, env);
    expect(await unleash.flag(flag)).toMatchObject({ enabled: false, rollouts: [], description: declared.description });
    const some = { percentage: 30, stickiness: "default", constraints: [] };
    await unleash.setRollout(flag, some);
    await unleash.switchFlag(flag, true);
    await makeLiveFlag({ ...declared, description: "The page" }, env);
    expect(await unleash.flag(flag)).toMatchObject({ enabled: true, rollouts: [some], description: "The page" });

    // Another stack has it on in an environment of its own.
    const other = new Unleash({ ...server.place, environment: "development" });
    await other.setRollout(flag, some);
    await other.switchFlag(flag, true);
    await removeLiveFlag(declared, env);
    expect(await unleash.flag(flag)).toMatchObject({ enabled: false });
    expect(await other.flag(flag)).toMatchObject({ enabled: true });
    await removeLiveFlag({ ...declared, environment: "development" }, env);
    expect(await unleash.flag(flag)).toBeUndefined();
    await expect(makeLiveFlag(declared, {})).rejects.toThrow("UNLEASH_TOKEN: is not set");
  });

  it("that somebody moved by hand are drift, and shown", async () => {
    newCheckout();
    await flag([...on, "--percentage", "10"]);
    expect((await flag(["list", "--live"])).code).toBe(0);
    await unleash.setRollout("FEATURE_LIVE", { percentage: 80, stickiness: "default", constraints: [] });
    const drift = await flag(["list", "--live"]);
    expect(drift).toMatchObject({ code: 1, stdout: expect.stringContaining("! in prod it is on in Unleash for 80 %") });
    await unleash.switchFlag("FEATURE_LIVE", false);
    expect((await flag(["list", "--live"])).stdout).toContain("! in prod it is off in Unleash");
  });

  it("change nothing where the token is wrong, missing, or the signer may not operate", async () => {
    newCheckout();
    await flag([...on, "--percentage", "10"]);
    const before = checkout.snapshot();
    expect(await flag(off, "")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("UNLEASH_TOKEN: is not set"),
    });
    const wrong = await flag(off, "*:*.wrong");
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("answered 401") });
    expect(wrong.stderr).not.toContain("*:*.wrong");
    const guest = await start(process.execPath, [COMMAND, "flag", ...off], checkout.root, {
      ...{
        IMPRIMATUR_KEY: checkout.key("guest"),
        IMPRIMATUR_PASSPHRASE: PASSPHRASE,
        UNLEASH_TOKEN: server.place.token,
      },
    });
    expect(guest).toMatchObject({ code: 2, stderr: expect.stringContaining("may neither record nor operate here") });
    expect(checkout.snapshot()).toEqual(before);
    expect(await unleash.flag("FEATURE_LIVE")).toMatchObject({ enabled: true, rollouts: [{ percentage: 10 }] });
  });
});
