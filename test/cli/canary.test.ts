import { describe, expect, it, vi } from "vitest";
import { openContext } from "../../cli/context.ts";
import { appendEntry } from "../../cli/ledger/append.ts";
import { openSign } from "../../cli/signers.ts";
import { readStacks } from "../../cli/stacks.ts";
import { Gate } from "../../release/gate.ts";
import { readLedger } from "../../release/ledger.ts";
import { judgePlatform } from "../../release/rules/blessed.ts";
import { type Approval, PASSPHRASE } from "./approval.ts";
import { applied, CONDITIONS, conditionsPlatform, PROCESSING, routedPlatform } from "./canaryCheckout.ts";
import { pin } from "./checkout.ts";

const step = (checkout: Approval, words: string, person: string | undefined = "ops", ...more: string[]) => {
  const [name = "", ...args] = words.split(" ");
  return checkout.verb(["canary", name, "web", ...args, "--stack", "prod", ...more], person);
};

const recorded = ({ root }: Approval) => {
  const { catalogue, files } = openContext({ directory: root });
  const { entries, broken } = readLedger(files, "prod", catalogue.ring, catalogue.authority);
  expect(broken).toBeUndefined();
  const steps = entries.filter(({ entry }) => entry.canary !== undefined);
  return steps.map(({ entry }) => ({ ...entry.canary, reason: entry.reason }));
};

describe("a canary that a route moves", () => {
  it("goes by the stack file alone, rung by rung, and each step is on the ledger", async () => {
    const checkout = await routedPlatform();
    const original = checkout.read("Pulumi.prod.yaml");
    const started = await step(checkout, "start 1.1.0");
    expect(started).toMatchObject({ code: 0, stdout: expect.stringContaining("canary 1.1.0 for 0 %") });
    const canary = `  imprimatur:canaries: { web: { release: ${pin("web", "1.1.0")} } }\n`;
    expect(checkout.read("Pulumi.prod.yaml")).toBe(`${original}${canary}`);

    expect((await step(checkout, "widen --to 50")).stdout).toContain("refused: the next rung after 0 % is 10 %");
    await applied(checkout);
    expect((await step(checkout, "widen --to 10")).code).toBe(0);
    expect(checkout.read("Pulumi.prod.yaml")).toContain(`release: ${pin("web", "1.1.0")}, population: 10`);

    await applied(checkout);
    const unproven = await step(checkout, "widen --to 50");
    expect(unproven.code).toBe(1);
    expect(unproven.stdout).toContain("nothing says how 1.1.0 does at the population that it has");
    expect(unproven.stdout).toContain("npx imprimatur attest web 1.1.0 --type verdict --in prod");
    const seen = [
      "attest",
      "web",
      "1.1.0",
      "--type",
      "verdict",
      "--in",
      "prod",
      "--result",
      "pass",
      "--summary",
      "good",
    ];
    expect((await checkout.verb(seen, "ops")).code).toBe(0);
    expect((await step(checkout, "widen --to 50")).code).toBe(0);
    await applied(checkout);
    // What was seen at 10 % says nothing of 50 %.
    expect((await step(checkout, "promote")).code).toBe(1);
    expect((await checkout.verb(seen, "ops")).code).toBe(0);
    expect((await step(checkout, "promote")).stdout).toContain("stable 1.1.0, no canary");
    const pins = `web: [${pin("web", "1.1.0")}, ${pin("web", "1.0.0")}]`;
    expect(checkout.read("Pulumi.prod.yaml")).toBe(original.replace(`web: [${pin("web", "1.0.0")}]`, pins));
    expect(recorded(checkout)).toEqual([
      { module: "web", step: "start", stable: "1.0.0", canary: "1.1.0", population: 0, owed: false },
      { module: "web", step: "widen", stable: "1.0.0", canary: "1.1.0", population: 10, owed: false },
      { module: "web", step: "widen", stable: "1.0.0", canary: "1.1.0", population: 50, owed: false },
      { module: "web", step: "promote", stable: "1.1.0", canary: null, population: 0, owed: false },
    ]);
  });

  it("is given to nobody before an update has deployed it, with the weight that it has", async () => {
    const checkout = await routedPlatform();
    // What was applied before the canary was there has not deployed it.
    await applied(checkout);
    const started = await step(checkout, "start 1.1.0");
    expect(started.stdout).toContain("next  npx imprimatur canary widen web --to 10 --stack prod");
    const before = checkout.snapshot();
    const refused = await step(checkout, "widen --to 10");
    expect(refused).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("refused: 1.1.0 is not deployed: the ledger tells of no update"),
    });
    expect(refused.stdout).toContain("next  npx imprimatur up prod\n");
    expect(checkout.snapshot()).toEqual(before);
    const standing = async () =>
      JSON.parse((await checkout.verb(["canary", "status", "web", "--stack", "prod", "--json"])).stdout);
    expect((await standing()).canaries[0].next[0]).toBe("npx imprimatur up prod");

    await applied(checkout);
    expect((await standing()).canaries[0].next).toEqual(["npx imprimatur canary widen web --to 10 --stack prod"]);
    expect((await step(checkout, "widen --to 10")).code).toBe(0);
    // Applied is the canary, and not yet its weight.
    expect((await step(checkout, "promote")).stdout).toContain("1.1.0 is not deployed");
    await applied(checkout);
    expect((await step(checkout, "promote")).stdout).toContain("nothing says how 1.1.0 does");
  });

  it("says that the step is to be pushed where there is a remote, and needs none that answers", async () => {
    const checkout = await routedPlatform();
    expect((await step(checkout, "start 1.1.0")).stdout).not.toContain("ledger push");
    await checkout.git("init", "-q", "-b", "main");
    await checkout.git("remote", "add", "origin", `${checkout.root}/nowhere`);
    const reverted = await step(checkout, "revert", "ops", "--reason", "not now");
    expect(reverted).toMatchObject({ code: 0, stdout: expect.stringContaining("next  npx imprimatur ledger push\n") });
  });

  it("is reverted to the byte, with a reason that is kept", async () => {
    const checkout = await routedPlatform();
    const original = checkout.read("Pulumi.prod.yaml");
    await step(checkout, "start 1.1.0");
    await applied(checkout);
    await step(checkout, "widen --to 10");
    expect((await step(checkout, "revert")).code).toBe(2);
    expect((await step(checkout, "revert", "ops", "--reason", "it is slow")).code).toBe(0);
    expect(checkout.read("Pulumi.prod.yaml")).toBe(original);
    expect(recorded(checkout).at(-1)).toMatchObject({ step: "revert", canary: null, reason: "it is slow" });
  });

  it("refuses what is not blessed, with what is missing, and a bad word in spite of a good one", async () => {
    const checkout = await routedPlatform();
    await checkout.verb(["revoke", "web", "1.1.0", "--reason", "leaks"], "manager");
    const before = checkout.snapshot();
    const refused = await step(checkout, "start 1.1.0");
    expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining("revoked by manager: leaks") });
    expect(checkout.snapshot()).toEqual(before);

    const other = await routedPlatform();
    await step(other, "start 1.1.0");
    await applied(other);
    await step(other, "widen --to 10");
    await applied(other);
    const say = (type: string, result: string, ...more: string[]) =>
      other.verb(
        ["attest", "web", "1.1.0", "--type", type, "--in", "prod", "--result", result, "--summary", "seen", ...more],
        "ops",
      );
    await say("canary-analysis", "fail", "--metric", "samples=500");
    await say("verdict", "pass");
    const answer = await step(other, "widen --to 50");
    expect(answer.stdout).toContain("canary-analysis by ops speaks against 1.1.0: seen");
    await say("canary-analysis", "pass", "--metric", "samples=500");
    expect((await step(other, "widen --to 50")).code).toBe(0);
  });

  it("writes nothing where the signer may not operate, nor with --dry-run", async () => {
    const checkout = await routedPlatform();
    const before = checkout.snapshot();
    const guest = await step(checkout, "start 1.1.0", "guest");
    expect(guest).toMatchObject({ code: 2, stderr: expect.stringContaining("may neither record nor operate") });
    const dry = await step(checkout, "start 1.1.0", undefined, "--dry-run");
    expect(dry.stdout).toContain("+  imprimatur:canaries:");
    expect(checkout.snapshot()).toEqual(before);
    // What lowers the population writes the file first: that is taken back too.
    await step(checkout, "start 1.1.0");
    await applied(checkout);
    await step(checkout, "widen --to 10");
    const running = checkout.snapshot();
    expect((await step(checkout, "revert", "guest", "--reason", "x")).code).toBe(2);
    expect(checkout.snapshot()).toEqual(running);
  });

  it.each([
    ["release: 9.9.9@sha256:00", "release"],
    ["population: 10", "has nobody to get it"],
    [`release: ${pin("web", "1.1.0")}, population: 11`, "is not on the ladder 10, 50"],
    [`release: ${pin("web", "1.1.0")}, ladder: [50, 10]`, "must rise"],
  ])("a stack file with { %s } is bad input", async (setting, message) => {
    const checkout = await routedPlatform();
    checkout.write(
      "Pulumi.prod.yaml",
      `${checkout.read("Pulumi.prod.yaml")}  imprimatur:canaries: { web: { ${setting} } }\n`,
    );
    const answer = await step(checkout, "promote");
    expect(answer).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });

  it("a module that declares none can have none", async () => {
    const checkout = await routedPlatform();
    const answer = await checkout.verb(["canary", "start", "store", "1.0.0", "--stack", "prod"], "ops");
    expect(answer).toMatchObject({ code: 2, stderr: expect.stringContaining("declares no canary") });
  });
});

describe("a canary that Unleash moves", () => {
  it("says where it stands without Unleash, and that it was not asked", async () => {
    const checkout = await conditionsPlatform();
    const answer = await checkout.verb(["canary", "status", CONDITIONS, "--stack", "prod", "--json"]);
    expect(answer.code).toBe(0);
    expect(JSON.parse(answer.stdout).canaries).toEqual([
      {
        stack: "prod",
        module: CONDITIONS,
        carrier: "unleash",
        phase: "steady",
        stable: "1.0.1",
        canary: null,
        ladder: [5, 25, 100],
        population: 0,
        actual: null,
        drift: [],
        unknown: expect.stringContaining("UNLEASH_TOKEN: is not set"),
        next: [],
      },
    ]);
  });

  it("an emergency ignores Unleash: nothing answers, and it is done", async () => {
    const checkout = await conditionsPlatform({
      unleash: { url: "http://127.0.0.1:1", project: "default", environment: "production", token: "" },
    });
    vi.stubEnv("UNLEASH_TOKEN", "secret-token");
    const run = (...args: string[]) =>
      checkout.verb(["canary", args[0] ?? "", CONDITIONS, ...args.slice(1), "--stack", "prod"], PROCESSING);
    const start = await run("start", "1.0.2");
    expect(start).toMatchObject({ code: 2, stderr: expect.stringContaining("cannot be reached") });
    expect(start.stderr).not.toContain("secret-token");
    const done = await run("emergency", "1.0.2", "--reason", "1.0.1 crashes clusters");
    expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining("has stable 1.0.2, no canary") });
    vi.unstubAllEnvs();
  });

  it("a revert needs no Unleash where it is said to do without: the population is owed", async () => {
    const checkout = await conditionsPlatform({
      unleash: { url: "http://127.0.0.1:1", project: "default", environment: "production", token: "" },
    });
    vi.stubEnv("UNLEASH_TOKEN", "secret-token");
    const original = checkout.read("Pulumi.prod.yaml");
    const canary = { release: `1.0.2@${checkout.manifestDigest(CONDITIONS, "1.0.2")}` };
    checkout.write(
      "Pulumi.prod.yaml",
      `${original}  imprimatur:canaries: { ${CONDITIONS}: ${JSON.stringify(canary)} }\n`,
    );
    const sign = await openSign({ key: checkout.key("pipeline") }, { IMPRIMATUR_PASSPHRASE: PASSPHRASE });
    const widened = { module: CONDITIONS, step: "widen" as const, stable: "1.0.1", canary: "1.0.2", population: 5 };
    const facts = { action: "canary" as const, changes: [], canary: widened, planDigest: "e".repeat(64) };
    const ended = { outcome: "succeeded" as const, durationSeconds: 0 };
    await appendEntry(openContext({ directory: checkout.root }), sign, "prod", { ...facts, ...ended });

    const revert = ["canary", "revert", CONDITIONS, "--stack", "prod", "--reason", "archives are empty"];
    const refused = await checkout.verb(revert, PROCESSING);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("cannot be reached") });
    expect(refused.stderr).toContain(`canary revert ${CONDITIONS} --without-unleash --reason`);
    const done = await checkout.verb([...revert, "--without-unleash"], PROCESSING);
    expect(done.stdout).toContain("no canary, and a population of 5 % is owed");
    expect(done.stdout).toContain(`next  npx imprimatur canary settle ${CONDITIONS} --stack prod`);
    expect(recorded(checkout).at(-1)).toMatchObject({ step: "revert", canary: null, population: 5, owed: true });
    expect(checkout.read("Pulumi.prod.yaml")).toBe(original);
    vi.unstubAllEnvs();
  });

  it("a ladder binds votes: another one, and the blessing no longer holds", async () => {
    const checkout = await conditionsPlatform();
    const blessed = async () =>
      JSON.parse((await checkout.verb(["requires", CONDITIONS, "1.0.2", "--for", "prod", "--json"])).stdout).blessed;
    expect(await blessed()).toBe(true);
    checkout.edit(`catalog/modules/${CONDITIONS}.yaml`, "[5, 25, 100]", "[5, 100]");
    expect(await blessed()).toBe(false);
    checkout.edit(`catalog/modules/${CONDITIONS}.yaml`, "[5, 100]", "[5, 25, 100]");
    checkout.edit(`catalog/modules/${CONDITIONS}.yaml`, "minSamples: 200", "minSamples: 300");
    expect(await blessed()).toBe(true);
    const setting = `  imprimatur:canaries: { ${CONDITIONS}: { only: { clusterId: [a] } } }\n`;
    checkout.write("Pulumi.prod.yaml", checkout.read("Pulumi.prod.yaml") + setting);
    expect(await blessed()).toBe(false);
  });

  it("the first ring asks for a blessing of the canary too", async () => {
    const checkout = await conditionsPlatform();
    const refused = (version: string) => {
      const release = `${version}@${checkout.manifestDigest(CONDITIONS, version)}`;
      const text = checkout.read("Pulumi.prod.yaml");
      checkout.write("Pulumi.prod.yaml", `${text}  imprimatur:canaries: { ${CONDITIONS}: { release: ${release} } }\n`);
      const context = openContext({ directory: checkout.root });
      const [read] = readStacks(context, ["prod"], []);
      checkout.write("Pulumi.prod.yaml", text);
      if (read === undefined) throw new Error("prod was not read");
      const violations = judgePlatform(read.platform, new Gate(context.catalogue, context.files, new Date()));
      return violations.map(({ message }) => message).filter((message) => message.startsWith(CONDITIONS));
    };
    expect(refused("1.0.2")).toEqual([]);
    expect(refused("1.0.3")).toEqual([
      expect.stringMatching(/^gathering-conditions 1\.0\.3 .* is not blessed for prod/),
    ]);
  });
});
