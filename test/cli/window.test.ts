import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { referencePlatform } from "./approval.ts";
import { WindowCheckout } from "./windowCheckout.ts";

const CONFIRMED = "    confirmedBy: qa";
const HANDED_OVER = `    operators:
      base: { role: release-manager, checklist: [join the call, sync, log in] }`;

describe("window run", () => {
  it("waits for the confirmation, then applies Tucson, Base and Summit in order and announces itself", async () => {
    const checkout = new WindowCheckout({ opensIn: -10, more: CONFIRMED });
    const before = checkout.snapshot();
    const tentative = await checkout.runWindow();
    expect(tentative.code).toBe(1);
    expect(tentative.stdout).toMatch(
      /refused: summit-window of \S+ is tentative until qa confirms it\n {2}next {2}npx imprimatur window confirm summit-window\n$/,
    );
    expect(checkout.snapshot()).toEqual(before);

    const confirm = ["window", "confirm", "summit-window", "--note", "no observations"];
    const stranger = await checkout.verb(confirm, "ops");
    expect(stranger).toMatchObject({ code: 1, stdout: expect.stringContaining("ops is not qa") });
    expect(stranger.stdout).toContain("next  ask tester");
    expect(checkout.snapshot()).toEqual(before);
    expect((await checkout.verb(confirm, "tester")).stdout).toMatch(
      /^✔ summit-window of \w{3} \d{4}-\d{2}-\d{2} \d{2}:\d{2} UTC \(\d{4}-\S+Z\) is confirmed by tester\n/,
    );

    const { code, stdout, stderr } = await checkout.runWindow();
    expect({ code, stdout }).toEqual({ code: 0, stdout: "✔ summit-window is done: tucson, base, summit\n" });
    expect(checkout.applied).toEqual(["tucson", "base", "summit"]);
    const said = stderr.split("\n").map((line) => line.replace(/until .* UTC\./, "until …"));
    expect(said).toEqual([
      "start  summit-window has begun, until … Questions go to ops.",
      "hold-off  Please hold off reporting problems until summit-window is over: what you see may be the work itself.",
      ...["tucson", "base", "summit"].flatMap((stack) => [
        `deployment  ${stack}: summit-window is at it`,
        `applying ${stack}`,
      ]),
      "end  summit-window is over. Please report what does not work.",
      "",
    ]);
    const again = await checkout.runWindow();
    expect(again).toMatchObject({ code: 0, stdout: "summit-window is done and closed\n", stderr: "" });
    expect(checkout.applied).toHaveLength(3);
    expect((await checkout.verb(["verify"])).stdout).toContain("✔ sound");
  });

  it("stops at a stack that fails, and goes on with it when it is run again, by anybody who may", async () => {
    const checkout = new WindowCheckout({ opensIn: -10 });
    checkout.write("fail-base", "");
    const failed = await checkout.runWindow();
    expect(failed).toMatchObject({ code: 1, stdout: expect.stringContaining("base could not be applied") });
    expect(failed.stderr).toContain(
      "report  base could not be applied in summit-window; what comes after it was not begun",
    );
    expect(await checkout.states()).toEqual(["tucson: applied", "base: failed", "summit: to do"]);

    rmSync(join(checkout.root, "fail-base"));
    const stranger = await checkout.runWindow("guest");
    expect(stranger.code).toBe(1);
    expect(stranger.stdout).toContain("guest is neither its coordinator nor one who may record");
    const { code, stderr } = await checkout.runWindow("pipeline");
    expect(code).toBe(0);
    expect(stderr).not.toContain("start  ");
    expect(checkout.applied.filter((stack) => stack === "tucson")).toHaveLength(1);
    expect(checkout.applied.at(-1)).toBe("summit");
    expect(await checkout.states()).toEqual(["tucson: applied", "base: applied", "summit: applied"]);
  });

  it("goes on after it was killed in the middle of a stack, and announces its beginning once", async () => {
    const checkout = new WindowCheckout({ opensIn: -10 });
    checkout.write("wait-base", "");
    await checkout.killWhenAt("base");
    rmSync(join(checkout.root, "wait-base"));
    expect(await checkout.states()).toEqual(["tucson: applied", "base: to do", "summit: to do"]);
    const { code, stderr } = await checkout.runWindow();
    expect(code).toBe(0);
    expect(stderr).toMatch(/^deployment {2}base/);
    expect(checkout.applied).toEqual(["tucson", "base", "base", "summit"]);
  });

  it("hands over what others operate, and goes on when they have signed for it", async () => {
    const checkout = new WindowCheckout({ opensIn: -10, more: HANDED_OVER });
    const waits = await checkout.runWindow();
    expect(waits.code).toBe(1);
    expect(waits.stdout).toContain("refused: base waits for release-manager");
    expect(waits.stdout).toContain(
      "next  npx imprimatur window done summit-window base (release-manager), then run it again",
    );
    expect(waits.stderr).toContain("reminder  base is yours now, release-manager. When it is done, sign for it:\n");
    expect(waits.stderr).toContain("  - join the call\n  - sync\n  - log in\n");
    expect(checkout.applied).toEqual(["tucson"]);

    const done = (stack: string, person: string) =>
      checkout.verb(["window", "done", "summit-window", stack, "--note", "it works"], person);
    expect(await done("base", "ops")).toMatchObject({ code: 1, stdout: expect.stringContaining("ask manager") });
    const wrong = await done("tucson", "manager");
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain("is no stack of summit-window that others operate (base)");
    expect((await done("base", "manager")).code).toBe(0);

    expect((await checkout.runWindow()).code).toBe(0);
    expect(checkout.applied).toEqual(["tucson", "summit"]);
    expect(await checkout.states()).toEqual(["tucson: applied", "base: handed over", "summit: applied"]);
  });

  it("begins nothing that does not fit into what is left, with its way back", async () => {
    // Neither module is in a ledger, so each takes what it declares: 5 minutes there and 5 back.
    const checkout = new WindowCheckout({ opensIn: -10, minutes: 29 });
    const { code, stdout } = await checkout.runWindow();
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /tucson \((store, web|web, store)\) takes 10 min to roll out and 10 min to roll back, and 18 min are left of summit-window/,
    );
    const plan = await checkout.verb(["window", "run", "summit-window", "--dry-run"]);
    expect(plan.stdout.split("\n").slice(1)).toEqual([
      ...["tucson", "base", "summit"].map(
        (stack) => `  note  ${stack}: store none → 1.0.0, web none → 1.0.0; 10 min and 10 min back at most`,
      ),
      "",
    ]);
    expect(checkout.applied).toEqual([]);
    checkout.edit(
      "catalog/modules/store.yaml",
      "maturity: mature",
      "maturity: mature\ntakes: { rollout: 1, rollback: 1 }",
    );
    await checkout.runWindow();
    expect(checkout.applied).toEqual(["tucson", "base", "summit"]);
  });

  it("gives the last notice that is due once, and says what is still open", async () => {
    const checkout = new WindowCheckout({ opensIn: 50, more: CONFIRMED });
    checkout.edit(
      "catalog/trust/calendar.yaml",
      CONFIRMED,
      `${CONFIRMED}
    downtime: { minutes: 10, reason: the database moves, acknowledgedBy: [sre, release-manager] }
    announce: { notices: [{ hours: 24, text: "tomorrow: {window}" }, { hours: 1, text: "{window} is near" }, { hours: 0.1, text: now }] }`,
    );
    const { code, stdout, stderr } = await checkout.runWindow();
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("; notice was given\n") });
    expect(stderr).toBe(
      "notice  summit-window is near\n  downtime of up to 10 min: the database moves\n  It is tentative: qa has still to confirm it.\n",
    );
    const again = await checkout.runWindow();
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining("no notice is due"), stderr: "" });
    const open = await checkout.verb(["window", "open", "summit-window"], "ops");
    expect(open).toMatchObject({ code: 1, stdout: expect.stringContaining("tentative until qa confirms it") });
  });

  it("takes a stack that trust does not know as bad input, before anything is said", async () => {
    const checkout = new WindowCheckout({ opensIn: -10, stacks: ["tucson", "sumit"] });
    const before = checkout.snapshot();
    const { code, stderr } = await checkout.runWindow();
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('did you mean "summit"?') });
    expect(checkout.snapshot()).toEqual(before);
  });

  it("signs for a date near today, and says so where all else is judged as of another instant", async () => {
    const checkout = new WindowCheckout({ opensIn: -10, more: CONFIRMED });
    checkout.edit("catalog/trust/stacks.yaml", "stacks:", "judgedAt: 2026-01-01T00:00:00Z\nstacks:");
    const { stdout } = await checkout.verb(["window", "confirm", "summit-window"], "tester");
    expect(stdout).toContain("this platform is judged as of 2026-01-01T00:00:00.000Z");
  });

  it("does nothing once the window is over", async () => {
    const checkout = new WindowCheckout({ opensIn: -120, minutes: 60 });
    const over = await checkout.process(
      ["window", "run", "summit-window", "--on", new Date(Date.now() - 7_200_000).toISOString().slice(0, 10)],
      "ops",
    );
    expect(over).toMatchObject({ code: 1, stdout: expect.stringContaining("summit-window is over since") });
    const next = await checkout.runWindow();
    expect(next).toMatchObject({ code: 2, stderr: expect.stringContaining("has no date to come") });
  });
});

describe("verify", () => {
  it("names steps that do not count, and files that were tampered with", async () => {
    const checkout = new WindowCheckout({ opensIn: -10, more: CONFIRMED });
    const json = async (args: string[], person: string) =>
      JSON.parse((await checkout.verb([...args, "--json"], person)).stdout);
    const confirmed = await json(["window", "confirm", "summit-window"], "tester");
    const opened = await json(["window", "open", "summit-window"], "ops");
    const [confirm = "", open = ""] = [...confirmed.written, ...opened.written];
    expect(confirm).toMatch(
      /^catalog\/calendar\/summit-window\/\d{4}-\d\d-\d\dT\d{4}Z\/confirm-[0-9a-f]{12}\.sigstore\.json$/,
    );
    const strayed = confirm.replace(/T\d{4}Z/, "T9999Z");
    checkout.write(strayed, checkout.read(confirm));
    checkout.edit("catalog/trust/calendar.yaml", "coordinator: ops", "coordinator: guest");
    checkout.write("catalog/actions/notes.txt", "?");
    const report = JSON.parse((await checkout.verb(["verify", "--json"])).stdout);
    expect(report.problems).toMatchObject([{ file: "catalog/actions/notes.txt" }]);
    const notes = Object.fromEntries(report.notes.map(({ file, message }: Record<string, string>) => [file, message]));
    expect(notes[open]).toBe("does not count: ops may not sign open");
    expect(notes[strayed]).toMatch(/^does not count: it belongs to summit-window of /);
    expect(notes[confirm]).toBeUndefined();
  });
});

describe("a window with downtime", () => {
  it("stays shut until every role has acknowledged it", async () => {
    const downtime = "    downtime: { minutes: 10, reason: the database moves, acknowledgedBy: [qa, release-manager] }";
    const checkout = new WindowCheckout({ opensIn: -10, more: downtime });
    const acknowledge = (person: string) => checkout.verb(["window", "acknowledge", "summit-window"], person);
    const open = async () => (await checkout.verb(["window", "open", "summit-window"], "ops")).stdout;
    expect(await open()).toContain("lacks the acknowledgement of qa, release-manager");
    expect(await acknowledge("guest")).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("ask manager or tester"),
    });
    await acknowledge("tester");
    expect(await open()).toContain("lacks the acknowledgement of release-manager");
    await acknowledge("manager");
    expect(await open()).toContain("is opened by ops");
  });
});

describe("window open and close", () => {
  it("announce beginning and end, and nothing is changed after the end", async () => {
    const checkout = new WindowCheckout({ opensIn: -10 });
    const never = await checkout.verb(["window", "close", "summit-window"], "ops");
    expect(never).toMatchObject({ code: 1, stdout: expect.stringContaining("was never opened") });
    expect((await checkout.process(["window", "open", "summit-window"], "ops")).stderr).toMatch(/^start {2}summit/);
    const closed = await checkout.process(["window", "close", "summit-window", "--note", "rain"], "ops");
    expect(closed.stderr).toMatch(/^end {2}summit-window is over/);
    expect(closed.stdout).toContain("note  tucson: to do");
    expect((await checkout.runWindow()).stdout).toBe("summit-window is done and closed\n");
    const plan = await checkout.verb(["window", "run", "summit-window", "--dry-run"]);
    expect(plan.stdout.split("\n").slice(1)).toEqual([
      ...["tucson", "base", "summit"].map(
        (stack) => `  note  ${stack}: store none → 1.0.0, web none → 1.0.0; 10 min and 10 min back at most`,
      ),
      "",
    ]);
    expect(checkout.applied).toEqual([]);
  });
});

describe("window list, next and show", () => {
  const at = ["--at", "2026-08-06T22:30:00Z"];
  it("show the reference calendar as of an instant", async () => {
    const checkout = referencePlatform();
    const listed = JSON.parse((await checkout.verb(["window", "list", "--json", ...at])).stdout);
    const brief = listed.windows.map(({ window, start, state }: Record<string, string>) => [window, start, state]);
    expect(brief).toEqual([
      ["patch-thursday", "2026-08-06T22:00:00.000Z", "open"],
      ["maya-release", "2026-08-07T11:30:00.000Z", "planned"],
      ["summit-window", "2026-09-02T17:00:00.000Z", "tentative"],
      ["canfar-quarterly", "2026-10-13T17:00:00.000Z", "planned"],
    ]);
    expect(new Set(listed.windows.map(({ downtime }: { downtime: string }) => downtime))).toEqual(
      new Set(["no fixed downtime"]),
    );
    expect((await checkout.verb(["window", "next", ...at])).stdout).toMatch(
      /^maya-release {2}Fri 2026-08-07 17:00 Asia/,
    );
    const shown = await checkout.verb(["window", "show", "patch-thursday", "--on", "2026-11-05", ...at]);
    expect(shown.stdout).toContain("Thu 2026-11-05 15:00 America/Los_Angeles, for 120 min  planned");
    expect(shown.stdout).toContain("usdf-rsp: to do, operated by usdf-operations");
    const none = await checkout.verb(["window", "show", "patch-thursday", "--on", "2026-11-06", ...at]);
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean "2026-11-12"?') });
    const misspelt = await checkout.verb(["window", "next", "patch-thursdy", ...at]);
    expect(misspelt).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean "patch-thursday"?') });
  });
});
