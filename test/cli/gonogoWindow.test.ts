import { describe, expect, it } from "vitest";
import { openContext } from "../../cli/context.ts";
import { GonogosReport } from "../../cli/gonogo/report.ts";
import { appendEntry } from "../../cli/ledger/append.ts";
import { openSign } from "../../cli/signers.ts";
import { readMeetings } from "../../release/gonogo.ts";
import { Approval, PASSPHRASE } from "./approval.ts";
import { pin } from "./checkout.ts";

/** When the window has opened: on a minute, as calendars have it. */
const START = new Date(Math.floor(Date.now() / 60_000 - 10) * 60_000);
const CALENDAR = `windows:
  release:
    description: a go/no-go, and what it says GO to
    stacks: [dev, prod]
    modules: [web]
    coordinator: ops
    zone: UTC
    starts: ${START.toISOString().slice(0, 16)}
    minutes: 240
    gonogo: [prod]
`;

/** Production runs web 1.0.0 by its ledger, and dev has the next one. */
async function platform(next: string): Promise<Approval> {
  const checkout = await new Approval({ "catalog/trust/calendar.yaml": CALENDAR }).withTestedRelease();
  await checkout.record("1.0.0");
  checkout.edit("Pulumi.dev.yaml", "web: edge", `web: ${next}`);
  return checkout;
}

const open = (checkout: Approval) => checkout.verb(["gonogo", "open", "--window", "release"], "lead");
const close = (checkout: Approval) => checkout.verb(["gonogo", "close", "prod"], "lead");
const run = (checkout: Approval, ...more: string[]) =>
  checkout.verb(["window", "run", "release", "--apply", "true", ...more], "ops");

/** What the window carries into production, as its go/no-go is opened; undefined where there is nothing. */
async function carried(checkout: Approval) {
  await open(checkout);
  const { stdout } = await checkout.verb(["gonogo", "show", "prod", "--json"]);
  const [gonogo] = GonogosReport.parse(JSON.parse(stdout)).gonogos;
  return gonogo?.releases.map(({ module, version }) => `${module} ${version}`);
}

/** Signs the decision, blesses and pins: what is left to do is the window's. */
async function decided(checkout: Approval): Promise<void> {
  await open(checkout);
  await checkout.vote("lead", "module-lead");
  await checkout.vote("tester", "qa");
  expect((await close(checkout)).code).toBe(0);
  await checkout.verb(["bless", "web", "1.1.0", "--for", "prod"], "manager");
  expect((await checkout.verb(["promote", "web", "1.1.0", "--to", "prod"])).code).toBe(0);
}

describe("gonogo open --window", () => {
  it("is about what the stack before has and production has not, of the window's modules, in the stack that asks", async () => {
    expect(await carried(await platform(`[${pin("web", "1.1.0")}]`))).toEqual(["web 1.1.0"]);
  });

  it("is about what is pinned and does not run yet", async () => {
    const checkout = await platform(`[${pin("web", "1.0.0")}]`);
    checkout.edit("Pulumi.prod.yaml", pin("web", "1.0.0"), pin("web", "1.1.0"));
    expect(await carried(checkout)).toEqual(["web 1.1.0"]);
  });

  it.each([
    ["is the same everywhere", `[${pin("web", "1.0.0")}]`],
    ["is of a channel that production does not admit", "edge"],
  ])("has nothing to decide where what comes next %s", async (_, next) => {
    const checkout = await platform(next);
    const before = checkout.snapshot();
    expect(await open(checkout)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("release carries nothing into prod: there is nothing to decide\n"),
    });
    expect(checkout.snapshot()).toEqual(before);
  });

  it("names the window and its date in opening and decision, and is decided at its end where it is open already", async () => {
    const checkout = await platform(`[${pin("web", "1.1.0")}]`);
    await decided(checkout);
    const { files, catalogue } = openContext({ directory: checkout.root });
    const { meetings } = readMeetings(files, "prod", catalogue.ring, catalogue.authority, new Date());
    const date = { window: "release", start: START.toISOString() };
    expect(meetings.map(({ opening, decision }) => [opening.predicate, decision?.predicate])).toMatchObject([
      [
        { ...date, decides: new Date(START.getTime() + 240 * 60_000).toISOString() },
        { ...date, verdict: "GO" },
      ],
    ]);
    expect((await checkout.verb(["verify"])).code).toBe(0);
  });
});

describe("window run, where the window asks for a go/no-go", () => {
  it("begins nothing, and says nothing, before it has said GO to all that changes", async () => {
    const checkout = await platform(`[${pin("web", "1.1.0")}]`);
    checkout.edit("Pulumi.prod.yaml", pin("web", "1.0.0"), pin("web", "1.1.0"));
    const day = START.toISOString().replace(".000Z", "Z");
    const asks = `release of ${day} changes prod on a GO only: web 1.1.0`;
    const before = checkout.snapshot();
    const none = await run(checkout);
    expect(none).toMatchObject({
      code: 1,
      stdout: `✘ refused: ${asks} has none\n  next  npx imprimatur gonogo open --window release --for prod\n`,
      stderr: "",
    });
    expect(checkout.snapshot()).toEqual(before);
    const plan = await run(checkout, "--dry-run");
    expect(plan.stdout).toContain(`at most; ${asks} has none\n`);

    await open(checkout);
    expect((await run(checkout)).stdout).toContain(`${asks} has none\n  next  npx imprimatur gonogo close prod\n`);
    expect((await close(checkout)).code).toBe(1);
    expect((await run(checkout)).stdout).toContain(`${asks} is a NO-GO\n`);
  });

  it("changes on a GO for that date and no other, and on the last word", async () => {
    const checkout = await platform(`[${pin("web", "1.1.0")}]`);
    await decided(checkout);
    const other = CALENDAR.replace(
      START.toISOString().slice(11, 16),
      new Date(START.getTime() - 60_000).toISOString().slice(11, 16),
    );
    checkout.write("catalog/trust/calendar.yaml", other);
    expect((await run(checkout)).stdout).toContain("web 1.1.0 has none\n");
    checkout.write("catalog/trust/calendar.yaml", CALENDAR);
    const { code, stdout } = await run(checkout);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "✔ release is done: dev, prod\n" });
  });

  it("does not change what a later decision for the date takes back", async () => {
    const checkout = await platform(`[${pin("web", "1.1.0")}]`);
    await decided(checkout);
    await checkout.vote("tester", "qa", "--nogo");
    await open(checkout);
    expect((await close(checkout)).code).toBe(1);
    expect((await run(checkout)).stdout).toContain("web 1.1.0 is a NO-GO\n");
  });

  it("lets what ran before come back without one", async () => {
    const checkout = await platform(`[${pin("web", "1.0.0")}]`);
    const context = openContext({ directory: checkout.root });
    const sign = await openSign({ key: checkout.key("pipeline") }, { IMPRIMATUR_PASSPHRASE: PASSPHRASE });
    const [from, to] = ["1.0.0", "1.1.0"].map((version) => checkout.manifestDigest("web", version)) as [string, string];
    const changes = [{ module: "web", version: "1.1.0", from, to, blessing: null }];
    const facts = { outcome: "succeeded" as const, planDigest: "e".repeat(64), durationSeconds: 1 };
    await appendEntry(context, sign, "prod", { changes, ...facts });
    expect((await run(checkout, "--dry-run")).stdout).toContain("prod: store none → 1.0.0, web 1.1.0 → 1.0.0; ");
    expect((await run(checkout)).code).toBe(0);
  });
});
