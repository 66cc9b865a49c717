import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { GonogosReport } from "../../cli/gonogo/report.ts";
import { startSlack } from "../clients/slackServer.ts";
import type { Approval } from "./approval.ts";
import { trainCheckout } from "./trainCheckout.ts";

const CHAT = 'channel: "#production"\n';
const CALENDAR = `windows:
  daily: { description: every day, stacks: [prod], zone: UTC, starts: "2020-01-01T17:00", repeats: FREQ=DAILY, minutes: 60 }
  other: { description: elsewhere, stacks: [dev], zone: UTC, starts: "2020-01-01T17:00", repeats: FREQ=DAILY, minutes: 60 }
`;

/** The releases of {@link trainCheckout}, in a platform with a channel and windows. */
function train(): Promise<Approval> {
  return trainCheckout({ "catalog/trust/chat.yaml": CHAT, "catalog/trust/calendar.yaml": CALENDAR });
}

/** A double of Slack that this process talks to while the test runs. */
async function slack() {
  const server = await startSlack();
  const before = { ...process.env };
  Object.assign(process.env, server.env);
  onTestFinished(() => {
    process.env = before;
    expect(server.wrong).toEqual([]);
  });
  return server;
}

const open = (checkout: Approval, ...more: string[]) =>
  checkout.verb(["gonogo", "open", "q3", "--for", "prod", "--decides", "1d", ...more], "lead");
const vote = (checkout: Approval, person: string, role: string, verdict: string, reason: string) =>
  checkout.verb(["vote", "q3", "--for", "prod", "--role", role, verdict, "--reason", reason], person);

/** A GO of qa ahead of its turn: the verb refuses to sign one, so it is filed as it stands. */
async function earlyVote(checkout: Approval) {
  const subjects = [["web", "1.1.0"] as const, ["store", "1.0.0"] as const];
  const at = new Date(Date.now() - 60_000).toISOString();
  for (const [module, version] of subjects) {
    const report = await checkout.verb(["requires", module, version, "--for", "prod", "--json"]);
    const { configHash, manifestDigest } = JSON.parse(report.stdout);
    await checkout.file("tester", "vote", [module, version], {
      verdict: "GO",
      role: "qa",
      stack: "prod",
      configHash: { [manifestDigest]: configHash },
      reason: "early",
      at,
      expires: new Date(Date.now() + 86_400_000).toISOString(),
    });
  }
}

async function shown(checkout: Approval) {
  const { code, stdout } = await checkout.verb(["gonogo", "show", "prod", "--json"]);
  const { gonogos } = GonogosReport.parse(JSON.parse(stdout));
  return { code, gonogos };
}

describe("gonogo", () => {
  it("is no GO where nobody has asked for one", async () => {
    const checkout = await train();
    expect(await shown(checkout)).toEqual({ code: 1, gonogos: [] });
  });

  it("takes a train from the call for votes to a signed GO, told in the channel step by step", async () => {
    const checkout = await train();
    const { messages } = await slack();
    expect((await open(checkout)).code).toBe(0);
    expect((await vote(checkout, "lead", "module-lead", "--go", "unit tests were added")).code).toBe(0);
    expect((await checkout.verb(["gonogo", "remind", "prod"])).stdout).toBe("reminded tester\n");
    const half = await shown(checkout);
    expect(half.code).toBe(1);
    expect(half.gonogos[0]).toMatchObject({
      stack: "prod",
      verdict: "open",
      openedBy: "lead",
      votes: [{ person: "lead", role: "module-lead", verdict: "GO", releases: ["store 1.0.0", "web 1.1.0"] }],
      awaited: [{ role: "qa", people: ["tester"], releases: ["store 1.0.0", "web 1.1.0"] }],
    });
    expect((await vote(checkout, "tester", "qa", "--go", "sessions <start> & stop")).code).toBe(0);
    expect((await checkout.verb(["gonogo", "show", "prod", "--announce"])).code).toBe(0);
    const closed = await checkout.verb(["gonogo", "close", "prod"], "lead");
    expect(closed.code).toBe(0);
    // store is needed by web, so it comes first.
    expect(closed.stdout).toMatch(
      /✔ GO for store 1\.0\.0, web 1\.1\.0 in prod, signed by lead\n {2}next {2}npx imprimatur bless store@1\.0\.0 web@1\.1\.0 --for prod\n/,
    );

    expect(messages.map(({ channel }) => channel)).toEqual(Array(4).fill("#production"));
    const [opened = "", reminder = "", tally = "", decision = ""] = messages.map(({ text }) => text);
    expect(opened).toContain("opened by lead: go/no-go for prod   ○ open\n  store 1.0.0, web 1.1.0\n");
    expect(opened).toContain("  ?     module-lead (deputy or lead)\n  ?     qa (tester)");
    expect(reminder).toContain("still awaited for store 1.0.0, web 1.1.0:\n  ?     qa (tester)\n");
    expect(tally).toContain("go/no-go for prod   ✔ GO\n");
    expect(tally).toContain("  GO    qa (tester): sessions &lt;start&gt; &amp; stop");
    expect(decision).toContain("  closed at ");

    const after = await shown(checkout);
    expect(after.code).toBe(0);
    expect(after.gonogos[0]?.decided).toMatchObject({ verdict: "GO", person: "lead" });
    expect((await checkout.verb(["verify", "--json"])).stdout).toContain('"problems": []');
  });

  it("is a NO-GO with the veto and its reason, exits 1, and keeps the decision as a signed record", async () => {
    const checkout = await train();
    await open(checkout);
    await vote(checkout, "lead", "module-lead", "--go", "fine");
    await vote(checkout, "tester", "qa", "--nogo", "sessions are lost");
    // Who has said NOGO is not reminded.
    expect((await checkout.verb(["gonogo", "remind", "prod"])).stdout).toBe("prod: nobody's vote is missing\n");
    const { code, stdout } = await checkout.verb(["gonogo", "close", "prod", "--json"], "tester");
    expect(code).toBe(1);
    const { written, refused } = JSON.parse(stdout);
    expect(refused.reason).toBe("NO-GO for store 1.0.0, web 1.1.0 in prod, signed by tester");
    expect(refused.missing["web 1.1.0 for prod"][0]).toMatchObject({
      id: "veto:qa:tester",
      text: "veto of tester (qa): sessions are lost",
    });
    const { gonogos } = await shown(checkout);
    expect(gonogos[0]?.decided).toMatchObject({ verdict: "NO-GO", record: written[0] });
    const text = (await checkout.verb(["gonogo", "show", "prod"])).stdout;
    expect(text).toContain("✘ NO-GO");
    expect(text).toContain("NOGO  qa (tester, a veto): sessions are lost");
  });

  it("is a NO-GO where votes or anything else is missing when it is closed, naming all of it", async () => {
    const checkout = await train();
    rmSync(join(checkout.root, "catalog/evidence/store"), { recursive: true });
    await open(checkout);
    await vote(checkout, "tester", "qa", "--go", "fine");
    const before = await checkout.verb(["gonogo", "show", "prod"]);
    expect(before.stdout).toContain("other things in the way of store 1.0.0: ");
    const { code, stdout } = await checkout.verb(["gonogo", "close", "prod"], "lead");
    expect(code).toBe(1);
    expect(stdout).toContain("web 1.1.0 for prod\n  ○ vote:module-lead");
    expect(stdout).toContain("store 1.0.0 for prod\n  ○ cut");
  });

  it("decides once: a second close is refused, and what was decided is not decided again by deleting it", async () => {
    const checkout = await train();
    await checkout.git("init", "--quiet", "--initial-branch", "main");
    await open(checkout);
    const { stdout } = await checkout.verb(["gonogo", "close", "prod", "--json"], "lead");
    const [path] = JSON.parse(stdout).written as [string];
    await checkout.git("add", "--all");
    await checkout.git("commit", "--quiet", "-m", "decided");
    rmSync(join(checkout.root, path));
    const again = await checkout.verb(["gonogo", "show", "prod", "--against", "main", "--json"]);
    expect(JSON.parse(again.stdout).gonogos[0].decided.verdict).toBe("NO-GO");
    const verified = await checkout.verb(["verify", "--against", "main"]);
    expect(verified.stdout).toContain(`${path} was deleted here`);
    await checkout.git("checkout", "--", ".");
    const second = await checkout.verb(["gonogo", "close", "prod"], "lead");
    expect(second).toMatchObject({ code: 1, stdout: expect.stringContaining("no go/no-go is open for prod") });
  });

  it("refuses a second one on the same release, and a signer who may not attest, and writes nothing", async () => {
    const checkout = await train();
    const before = checkout.snapshot();
    const guest = await checkout.verb(["gonogo", "open", "q3", "--for", "prod", "--decides", "1d"], "guest");
    expect(guest.code).toBe(1);
    expect(guest.stdout).toContain("guest holds no role that may attest for store, web");
    expect(guest.stdout).toContain("next  ask deputy or lead or ops or pipeline or tester");
    expect(checkout.snapshot()).toEqual(before);
    await open(checkout);
    const second = await checkout.verb(
      ["gonogo", "open", "web", "1.1.0", "--for", "prod", "--decides", "1d"],
      "tester",
    );
    expect(second).toMatchObject({ code: 1, stdout: expect.stringContaining("is in a go/no-go for prod already") });
  });

  it("asks which is meant where several are open", async () => {
    const checkout = await train();
    for (const release of ["web@1.1.0", "store@1.0.0"]) {
      await checkout.verb(["gonogo", "open", release, "--for", "prod", "--decides", "1d"], "lead");
    }
    expect((await checkout.verb(["gonogo", "close", "prod"], "lead")).stderr).toContain("--of: say which is meant");
    expect((await checkout.verb(["gonogo", "close", "prod", "--of", "stoer"], "lead")).stderr).toContain(
      'is in no go/no-go that is open (got "stoer"; did you mean "store"?)',
    );
    expect((await checkout.verb(["gonogo", "remind", "prod", "--of", "store"])).stdout).toBe(
      "reminded deputy, lead, tester\n",
    );
  });

  it("takes only what says where and when, and a window of the stack", async () => {
    const checkout = await train();
    for (const [args, message] of [
      [
        ["--for", "prod", "--window", "dayly"],
        'is no window of catalog/trust/calendar.yaml (got "dayly"; did you mean "daily"?)',
      ],
      [["--for", "prod", "--window", "other"], "--window: is no window of prod"],
      [["--for", "prod", "--decides", "2020-01-01T00:00:00Z"], "--decides: must be later than now"],
      [["--for", "prod"], "--decides: say when it is decided"],
      [["--decides", "1d"], "--for: say which stack it is about, or name a --window"],
      [["--window", "other"], "--for: other has no stack that asks for a blessing"],
    ] as const) {
      const { code, stderr } = await checkout.verb(["gonogo", "open", "q3", ...args], "lead");
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
    }
  });

  it("awaits stage by stage, and asks again who acknowledged too early", async () => {
    const formality = "blessed: [prod]\nrules: [{ name: staged, require: { stages: [[module-lead], [qa]] } }]\n";
    const checkout = await train();
    checkout.write("catalog/trust/formality.yaml", formality);
    await open(checkout);
    await earlyVote(checkout);
    const { gonogos } = await shown(checkout);
    expect(gonogos[0]?.awaited.map(({ role, people }) => [role, people])).toEqual([
      ["module-lead", ["deputy", "lead"]],
      ["qa", ["tester"]],
    ]);
  });

  it("finds a decision that rests on a vote that is gone", async () => {
    const checkout = await train();
    await open(checkout);
    await vote(checkout, "tester", "qa", "--go", "fine");
    await checkout.verb(["gonogo", "close", "prod"], "lead");
    for (const release of ["web/1.1.0", "store/1.0.0"]) {
      for (const path of Object.keys(checkout.snapshot())) {
        if (path.startsWith(`catalog/evidence/${release}/vote-`)) rmSync(join(checkout.root, path));
      }
    }
    const { code, stdout } = await checkout.verb(["verify"]);
    expect(code).toBe(1);
    expect(stdout).toContain("rests on a vote of tester that is not there");
  });
});

describe("train", () => {
  it("never changes, and cannot be mistaken for a module", async () => {
    const checkout = await train();
    expect((await checkout.verb(["train", "q3", "web@1.1.0", "store@1.0.0"])).stdout).toContain("already");
    const other = await checkout.verb(["train", "q3", "web@1.0.0"]);
    expect(other).toMatchObject({ code: 1, stdout: expect.stringContaining("a train never changes") });
    expect((await checkout.verb(["train", "web", "web@1.0.0"])).stderr).toContain("is the name of a module");
    expect((await checkout.verb(["train", "../q4", "web@1.0.0"])).code).toBe(2);
    checkout.edit("catalog/releases/web/1.1.0.json", '"stable"', '"beta"');
    const { code, stderr } = await checkout.verb(["gonogo", "open", "q3", "--for", "prod", "--decides", "1d"], "lead");
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining("catalog/trains/q3.json releases.web"),
    });
    expect((await checkout.verb(["verify"])).stdout).toContain("catalog/trains/q3.json releases.web");
  });
});
