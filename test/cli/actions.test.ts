import { describe, expect, it } from "vitest";
import type { ActionsReport } from "../../cli/actions/report.ts";
import { Approval } from "./approval.ts";

const MODULE = "urn:pulumi:prod::imprimatur::imprimatur:release:ModuleRelease::web";

async function listed(checkout: Approval, ...more: string[]): Promise<ActionsReport["actions"]> {
  const { stdout } = await checkout.verb(["actions", "list", "--json", ...more]);
  return (JSON.parse(stdout) as ActionsReport).actions;
}

describe("the review that an emergency owes", () => {
  const EMERGENCY = ["waive", "--policy", "window-and-freeze", "--resource", MODULE, "--for", "prod"];
  const WHY = ["--reason", "logins fail", "--expires", "2d"];

  it("is named beforehand, and owed from the second signature on until its owner says what came of it", async () => {
    const checkout = new Approval().withKeys("manager", "ops", "lead", "guest").withProgram();
    const before = checkout.snapshot();
    const nobody = await checkout.process([...EMERGENCY, ...WHY], "manager");
    expect(nobody).toMatchObject({ code: 2, stderr: expect.stringContaining("--review-by: name who owes the review") });
    const misspelt = await checkout.process([...EMERGENCY, ...WHY, "--review-by", "leed"], "manager");
    expect(misspelt).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean "lead"?') });
    expect(checkout.snapshot()).toEqual(before);

    const first = await checkout.process([...EMERGENCY, ...WHY, "--review-by", "lead", "--json"], "manager");
    const [path = ""] = JSON.parse(first.stdout).written;
    expect(await listed(checkout)).toEqual([]);
    await checkout.verb(["waive", "--sign", path], "ops");
    const [review, ...more] = await listed(checkout);
    expect(more).toEqual([]);
    expect(review).toMatchObject({
      kind: "review",
      what: "review the waiver of window-and-freeze (prod): logins fail",
      owner: "lead",
      overdue: false,
    });
    const days = (Date.parse(review?.due ?? "") - Date.parse(review?.since ?? "")) / 86_400_000;
    expect(days).toBe(7);

    const late = await checkout.verb(["actions", "list", "--at", "2099-01-01T00:00:00Z"]);
    expect(late).toMatchObject({ code: 1, stdout: expect.stringContaining("overdue") });

    const done = ["actions", "done", review?.id ?? "", "--note", "the certificate renews itself now"];
    const other = await checkout.verb(done, "guest");
    expect(other).toMatchObject({ code: 1, stdout: expect.stringContaining("is owed by lead, not by guest") });
    expect((await checkout.verb(done, "lead")).code).toBe(0);
    expect((await checkout.verb(["actions", "list"])).stdout).toBe("nothing is owed\n");
    expect(await listed(checkout, "--all")).toMatchObject([
      { done: { person: "lead", note: "the certificate renews itself now" } },
    ]);
    expect((await checkout.verb(done, "lead")).stdout).toContain("is done already, by lead");
    expect((await checkout.verb(["verify"])).stdout).toContain("✔ sound");
  });

  it("is owed for a waived requirement of a release, too", async () => {
    const checkout = await new Approval().withTestedRelease();
    const rule = ["waive", "web", "1.1.0", "--for", "prod", "--rule", "vote:qa", ...WHY, "--review-by", "tester"];
    const first = await checkout.verb([...rule, "--json"], "manager");
    await checkout.verb(["waive", "--sign", JSON.parse(first.stdout).written[0]], "ops");
    expect(await listed(checkout)).toMatchObject([
      { what: "review the waiver of vote:qa (web/1.1.0 for prod): logins fail", owner: "tester" },
    ]);
  });

  it("is none where nobody is named to owe one", async () => {
    const checkout = await new Approval().withTestedRelease();
    const first = await checkout.verb(
      ["waive", "web", "1.1.0", "--for", "prod", "--rule", "vote:qa", ...WHY, "--json"],
      "manager",
    );
    await checkout.verb(["waive", "--sign", JSON.parse(first.stdout).written[0]], "ops");
    expect(await listed(checkout, "--all")).toEqual([]);
  });
});

describe("a manual step", () => {
  it("is an action with an owner, until they or one who may waive say that it is done", async () => {
    const checkout = new Approval().withKeys("guest", "ops", "lead");
    const add = (owner: string, what = "automate the restart") =>
      checkout.verb(["actions", "add", what, "--owner", owner, "--due", "14d", "--json"], "guest");
    expect(await add("nobody")).toMatchObject({ code: 2, stderr: expect.stringContaining("--owner: is nobody in") });
    expect(await add("lead", " ")).toMatchObject({ code: 2, stderr: expect.stringContaining("must say what is owed") });
    const added = JSON.parse((await add("lead")).stdout);
    const [action] = await listed(checkout);
    expect(added.written).toEqual([`catalog/actions/action-${action?.id}.sigstore.json`]);
    expect(action).toMatchObject({ kind: "action", what: "automate the restart", owner: "lead", overdue: false });
    const wrong = await checkout.verb(["actions", "done", "0123456789ab", "--note", "x"], "lead");
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining(`"${action?.id}"`) });
    expect((await checkout.verb(["actions", "done", action?.id ?? "", "--note", "in the chart"], "ops")).code).toBe(0);
    expect(await listed(checkout)).toEqual([]);
  });
});
