import { describe, expect, it } from "vitest";
import { Approval } from "./approval.ts";

const WAIVE = [
  "waive",
  "web",
  "1.1.0",
  "--for",
  "prod",
  "--rule",
  "vote:qa",
  "--reason",
  "security fix",
  "--expires",
  "2d",
];

async function first(): Promise<{ checkout: Approval; path: string }> {
  const checkout = await new Approval().withTestedRelease();
  await checkout.vote("lead", "module-lead");
  const { code, stdout } = await checkout.verb([...WAIVE, "--json"], "manager");
  expect(code).toBe(0);
  return { checkout, path: JSON.parse(stdout).written[0] };
}

describe("waive", () => {
  it("lifts nothing with one signature, and is shown as pending with the command for the second", async () => {
    const { checkout, path } = await first();
    expect(await checkout.open()).toEqual(["vote:qa"]);
    const { code, stdout } = await checkout.verb(["requires", "web", "1.1.0", "--for", "prod"]);
    expect(code).toBe(1);
    expect(stdout).toContain("waiver of vote:qa: signed by manager, one more person has to sign");
    expect(stdout).toContain(`npx imprimatur waive --sign ${path}`);
  });

  it("lifts the one requirement when a second person has signed the same text", async () => {
    const { checkout, path } = await first();
    const second = await checkout.process(["waive", "--sign", path], "ops");
    expect(second).toMatchObject({ code: 0, stdout: expect.stringContaining("by manager and ops") });
    expect(await checkout.open()).toEqual([]);
    const { code, stdout } = await checkout.verb(["requires", "web", "1.1.0", "--for", "prod"]);
    expect(code).toBe(0);
    expect(stdout).toContain("by manager, ops: security fix");
    expect(stdout).not.toContain("one more person");
    expect((await checkout.verb(["bless", "web", "1.1.0", "--for", "prod"], "manager")).code).toBe(0);
  });

  it("takes two people: the first cannot sign again", async () => {
    const { checkout, path } = await first();
    const before = checkout.snapshot();
    const { code, stdout } = await checkout.verb(["waive", "--sign", path], "manager");
    expect(code).toBe(1);
    expect(stdout).toContain("manager has signed it already: a waiver takes two people");
    expect(stdout).toContain("ask ops");
    expect(checkout.snapshot()).toEqual(before);
  });

  it("takes the word of those who may waive, as first and as second", async () => {
    const { checkout, path } = await first();
    const second = await checkout.verb(["waive", "--sign", path], "lead");
    expect(second).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("lead holds no role that may waive for web"),
    });
    const firsts = await checkout.verb(WAIVE, "tester");
    expect(firsts).toMatchObject({ code: 1, stdout: expect.stringContaining("ask manager or ops") });
  });

  it("lifts no veto and no revocation", async () => {
    const checkout = await new Approval().withPassedRelease();
    await checkout.vote("tester", "qa", "--nogo");
    const rule = (id: string) => WAIVE.map((arg) => (arg === "vote:qa" ? id : arg));
    for (const id of ["veto:qa:tester", "revoked", "unusable:catalog/evidence/web/1.1.0/x"]) {
      const { code, stdout } = await checkout.verb(rule(id), "manager");
      expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining(`no waiver lifts ${id}`) });
    }
    const met = await checkout.verb(rule("cut"), "manager");
    expect(met).toMatchObject({ code: 1, stdout: expect.stringContaining("cut is met: there is nothing to waive") });
  });

  it.each([
    [
      WAIVE.map((arg) => (arg === "vote:qa" ? "vote:qaa" : arg)),
      'asks web 1.1.0 for no such thing (got "vote:qaa"; did you mean "vote:qa"?)',
    ],
    [WAIVE.map((arg) => (arg === "vote:qa" ? "nosuch" : arg)), 'asks web 1.1.0 for no such thing (got "nosuch"'],
    [WAIVE.slice(0, -2), "needs <module> <version> --for --rule --reason --expires"],
    [["waive", "--sign", "catalog/trust/people.yaml"], "--sign: is no waiver among the records of a release"],
    [["waive", "--sign", "../elsewhere.json"], "--sign: is no waiver among the records of a release"],
    [["waive"], "needs <module> <version>"],
  ])("takes %j as bad input", async (args, message) => {
    const checkout = await new Approval().withTestedRelease();
    const { code, stderr } = await checkout.verb(args, "manager");
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
  });
});
