import { describe, expect, it } from "vitest";
import { openContext } from "../../cli/context.ts";
import { ofKind, readRecords } from "../../release/records.ts";
import { Approval } from "./approval.ts";

const now = () => ({ now: new Date() });

function votes(checkout: Approval, module = "web", version = "1.1.0") {
  const { files, catalogue } = openContext({ directory: checkout.root });
  return ofKind(readRecords(files, `catalog/evidence/${module}/${version}`, catalogue.ring, now()).records, "vote");
}

describe("vote", () => {
  it("files a GO that is bound to manifest, stack and configuration, and ends with formality's term", async () => {
    const checkout = await new Approval().withTestedRelease();
    const { code, stdout } = await checkout.process(
      ["vote", "web", "1.1.0", "--for", "prod", "--role", "qa", "--go", "--reason", "load test is fine"],
      "tester",
    );
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining("GO of tester as qa for web 1.1.0 in prod"),
    });
    const [vote] = votes(checkout);
    const digest = checkout.manifestDigest("web", "1.1.0");
    expect(vote).toMatchObject({ person: "tester", subjects: [digest] });
    expect(vote?.predicate).toMatchObject({ verdict: "GO", role: "qa", stack: "prod", reason: "load test is fine" });
    expect(Object.keys(vote?.predicate.configHash ?? {})).toEqual([digest]);
    const days = (Date.parse(vote?.predicate.expires ?? "") - Date.parse(vote?.predicate.at ?? "")) / 86_400_000;
    expect(days).toBe(30);
    expect(await checkout.open()).toEqual(["vote:module-lead"]);
  });

  it("votes for a train in one record, filed with each release", async () => {
    const checkout = await new Approval().withTestedRelease();
    const at = new Date(Date.now() - 3_600_000).toISOString();
    await checkout.file("pipeline", "cut", ["store", "1.0.0"], {
      module: "store",
      version: "1.0.0",
      channel: "stable",
      at,
    });
    const { code } = await checkout.verb(
      ["vote", "web@1.1.0", "store@1.0.0", "--for", "prod", "--role", "qa", "--go", "--reason", "both tested"],
      "tester",
    );
    expect(code).toBe(0);
    const [web] = votes(checkout);
    const [store] = votes(checkout, "store", "1.0.0");
    expect(web?.digest).toBe(store?.digest);
    expect(web?.subjects).toEqual([checkout.manifestDigest("web", "1.1.0"), checkout.manifestDigest("store", "1.0.0")]);
    expect(await checkout.open("store", "1.0.0")).toEqual(["evidence:test-result", "vote:module-lead"]);
  });

  it("refuses whoever does not hold the role, names who does, and writes nothing", async () => {
    const checkout = await new Approval().withTestedRelease();
    const before = checkout.snapshot();
    const { code, stdout } = await checkout.vote("guest", "module-lead");
    expect(code).toBe(1);
    expect(stdout).toContain("guest is not module-lead for web");
    expect(stdout).toContain("deputy, lead can");
    expect(checkout.snapshot()).toEqual(before);
  });

  it("refuses the holder of a role for other modules, in a train too", async () => {
    const checkout = await new Approval().withTestedRelease();
    const args = [
      "vote",
      "web@1.1.0",
      "store@1.0.0",
      "--for",
      "prod",
      "--role",
      "module-lead",
      "--nogo",
      "--reason",
      "no",
    ];
    const { code, stdout } = await checkout.verb(args, "lead");
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining("lead is not module-lead for store") });
  });

  it("takes the vote of a designate", async () => {
    const checkout = await new Approval().withTestedRelease();
    expect((await checkout.vote("deputy", "module-lead")).code).toBe(0);
    expect(await checkout.open()).toEqual(["vote:qa"]);
  });

  it("lets a later vote of the same person replace the earlier, and a veto refuse whatever the count", async () => {
    const checkout = await new Approval().withPassedRelease();
    expect(await checkout.open()).toEqual([]);
    expect((await checkout.vote("tester", "qa", "--nogo")).code).toBe(0);
    expect(await checkout.open()).toEqual(["vote:qa", "veto:qa:tester"]);
    expect((await checkout.vote("tester", "qa")).code).toBe(0);
    expect(await checkout.open()).toEqual([]);
  });

  it("voids votes when the configuration changes, and says who has to vote again", async () => {
    const checkout = await new Approval().withPassedRelease();
    checkout.write(
      "Pulumi.prod.yaml",
      `${checkout.read("Pulumi.prod.yaml")}  imprimatur:values:\n    web: { size: 2 }\n`,
    );
    const { code, stdout } = await checkout.verb(["requires", "web", "1.1.0", "--for", "prod"]);
    expect(code).toBe(1);
    expect(stdout).toContain("qa: 0 of 1 GO; tester voted before manifest or configuration changed");
  });

  it("refuses a GO for what nobody has cut, and takes a NOGO for it, which stays when it is cut", async () => {
    const checkout = new Approval().withKeys("pipeline", "tester");
    const go = await checkout.vote("tester", "qa");
    expect({ code: go.code, stdout: go.stdout }).toEqual({
      code: 1,
      stdout: expect.stringContaining("web 1.1.0 has no signed cut"),
    });
    expect((await checkout.vote("tester", "qa", "--nogo")).code).toBe(0);
    const cut = { module: "web", version: "1.1.0", channel: "stable", at: new Date().toISOString() };
    await checkout.file("pipeline", "cut", ["web", "1.1.0"], cut);
    expect(await checkout.open()).toContain("veto:qa:tester");
  });

  it("says so where nothing asks for the vote", async () => {
    const checkout = await new Approval().withTestedRelease();
    const args = ["vote", "web", "1.1.0", "--for", "prod", "--role", "sre", "--go", "--reason", "fine by me", "--json"];
    const { code, stdout } = await checkout.verb(args, "ops");
    expect(code).toBe(0);
    expect(JSON.parse(stdout).notes).toEqual([
      "prod asks for no vote of sre on web 1.1.0; it is on record all the same",
    ]);
  });

  it.each([
    [
      ["--role", "qaa", "--go", "--reason", "x"],
      "--role: is no role of catalog/trust/people.yaml",
      'did you mean "qa"?',
    ],
    [["--role", "qa", "--reason", "x"], "--go, --nogo: give exactly one of the two", ""],
    [["--role", "qa", "--go", "--nogo", "--reason", "x"], "--go, --nogo: give exactly one of the two", ""],
    [["--role", "qa", "--go", "--reason", " "], "--reason: must say why", ""],
    [["--role", "qa", "--go", "--reason", "…"], "--reason: must say why", ""],
    [["--role", "qa", "--go", "--reason", "x", "--expires", "31d"], "--expires: must be within 30 days", ""],
    [["--role", "qa", "--go", "--reason", "x", "--expires", "0d"], "--expires: must be later than now", ""],
    [
      ["--role", "qa", "--go", "--reason", "x", "--expires", "soon"],
      "--expires: must be a span such as 14d, or an instant",
      "",
    ],
  ])("takes %j as bad input", async (args, message, hint) => {
    const checkout = new Approval().withKeys("tester");
    const before = checkout.snapshot();
    const { code, stderr } = await checkout.verb(["vote", "web", "1.1.0", "--for", "prod", ...args], "tester");
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
    expect(checkout.snapshot()).toEqual(before);
  });

  it.each([
    [["wep", "1.1.0"], 'there is no such module in catalog/modules (got "wep"; did you mean "web"?)'],
    [["web", "1.1.9"], 'web has no release 1.1.9: there is no catalog/releases/web/1.1.9.json (got "1.1.9"'],
    [["web", "stable"], "is a channel, whose highest release changes: name a version"],
    [["web"], "name one release as <module> <version>"],
    [["web@1.1.0", "store"], "must be <module>@<version>, as the others of the train"],
    [["web@1.1.0", "web@1.0.0"], 'is named twice (got "web")'],
  ])("takes %j as no release", async (args, message) => {
    const checkout = new Approval().withKeys("tester");
    const options = ["--for", "prod", "--role", "qa", "--go", "--reason", "x"];
    const { code, stderr } = await checkout.verb(["vote", ...args, ...options], "tester");
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
  });

  it("refuses a key that is nobody's", async () => {
    const checkout = await new Approval().withTestedRelease();
    const people = checkout.read("catalog/trust/people.yaml");
    checkout.withKeys("tester");
    checkout.write("catalog/trust/people.yaml", people);
    const { code, stderr } = await checkout.vote("tester", "qa");
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining("is signed with a key that nobody here has"),
    });
  });
});
