import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openContext } from "../../cli/context.ts";
import { ofKind, readRecords } from "../../release/records.ts";
import { Approval } from "./approval.ts";

const BLESS = ["bless", "web", "1.1.0", "--for", "prod"];

function blessings(checkout: Approval) {
  const { files, catalogue } = openContext({ directory: checkout.root });
  return ofKind(
    readRecords(files, "catalog/evidence/web/1.1.0", catalogue.ring, { now: new Date() }).records,
    "blessing",
  );
}

describe("bless", () => {
  it("signs a verification summary that names every record, and requires shows it", async () => {
    const checkout = await new Approval().withPassedRelease();
    const { code, stdout } = await checkout.process(BLESS, "manager");
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining("✔ web 1.1.0 is blessed for prod by manager"),
    });
    const [blessing, ...more] = blessings(checkout);
    expect(more).toEqual([]);
    expect(blessing?.predicate).toMatchObject({
      verificationResult: "PASSED",
      verifiedLevels: ["IMPRIMATUR_BLESSED_PROD"],
    });
    expect(blessing?.predicate.inputAttestations).toHaveLength(4);
    const shown = await checkout.verb(["requires", "web", "1.1.0", "--for", "prod"]);
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining("✔ blessed") });
  });

  it("refuses with what is missing, who supplies it and how, before it asks for a key", async () => {
    const checkout = await new Approval().withTestedRelease();
    const before = checkout.snapshot();
    const { code, stdout } = await checkout.verb([...BLESS, "--json"]);
    expect(code).toBe(1);
    const { refused } = JSON.parse(stdout);
    expect(refused.reason).toBe("web 1.1.0 does not have all that prod asks for");
    const missing = refused.missing["web 1.1.0 for prod"] as {
      id: string;
      who: { people: string[] }[];
      command: string;
    }[];
    expect(missing.map(({ id }) => id)).toEqual(["vote:module-lead", "vote:qa", "independent-approval"]);
    expect(missing[1]).toMatchObject({
      who: [{ people: ["tester"] }],
      command: 'npx imprimatur vote web 1.1.0 --for prod --role qa --go --reason "…"',
    });
    expect(checkout.snapshot()).toEqual(before);
  });

  it("counts where a veto was overruled by the one who gave it, whether their vote is asked for or not", async () => {
    const checkout = await new Approval().withTestedRelease();
    checkout.edit("catalog/trust/formality.yaml", "{ role: module-lead }, { role: qa }", "{ role: module-lead }");
    await checkout.vote("lead", "module-lead");
    await checkout.vote("tester", "qa", "--nogo");
    expect((await checkout.verb(BLESS, "manager")).code).toBe(1);
    await checkout.vote("tester", "qa");
    expect((await checkout.verb(BLESS, "manager")).code).toBe(0);
    await checkout.vote("tester", "qa", "--nogo");
    expect(await checkout.open()).toEqual(["veto:qa:tester"]);
  });

  it("refuses somebody who may not bless, and names who may", async () => {
    const checkout = await new Approval().withPassedRelease();
    const before = checkout.snapshot();
    const { code, stdout } = await checkout.verb(BLESS, "lead");
    expect(code).toBe(1);
    expect(stdout).toContain("lead holds no role that may bless for web");
    expect(stdout).toContain("ask manager");
    expect(checkout.snapshot()).toEqual(before);
  });

  it("signs nothing twice, and nothing where no blessing is asked for", async () => {
    const checkout = await new Approval().withPassedRelease();
    await checkout.verb(BLESS, "manager");
    const before = checkout.snapshot();
    const again = await checkout.verb(BLESS, "manager");
    expect(again).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("is blessed for prod already, by manager"),
    });
    const dev = await checkout.verb(["bless", "web", "1.1.0", "--for", "dev"], "manager");
    expect(dev).toMatchObject({ code: 0, stdout: "dev asks for no blessing: nothing to sign\n" });
    expect(checkout.snapshot()).toEqual(before);
  });

  it.each([
    ["a veto", (checkout: Approval) => checkout.vote("tester", "qa", "--nogo"), ["vote:qa", "veto:qa:tester"]],
    [
      "a revocation",
      (checkout: Approval) => checkout.verb(["revoke", "web", "1.1.0", "--reason", "leaks"], "tester"),
      ["revoked"],
    ],
    [
      "a block",
      (checkout: Approval) => checkout.verb(["block", "web", "1.1.0", "--reason", "wait"], "lead"),
      ["blocked"],
    ],
    [
      "a failed test",
      (checkout: Approval) =>
        checkout.verb(
          ["attest", "web", "1.1.0", "--type", "test-result", "--result", "fail", "--metric", "failed=2"],
          "pipeline",
        ),
      ["evidence:test-result"],
    ],
  ])("does not hold against %s that comes later", async (_, against, ids) => {
    const checkout = await new Approval().withPassedRelease();
    await checkout.verb(BLESS, "manager");
    expect((await against(checkout)).code).toBe(0);
    expect((await checkout.verb(["requires", "web", "1.1.0", "--for", "prod"])).code).toBe(1);
    expect(await checkout.open()).toEqual(expect.arrayContaining(ids));
    expect((await checkout.verb(["promote", "web", "1.1.0", "--to", "prod"])).code).toBe(1);
  });

  it("counts no blessing that somebody else has signed, however it came to be there", async () => {
    const checkout = await new Approval().withPassedRelease();
    await checkout.verb(BLESS, "manager");
    const [blessing] = blessings(checkout);
    rmSync(join(checkout.root, blessing?.path ?? ""));
    await checkout.file("guest", "blessing", ["web", "1.1.0"], blessing?.predicate ?? {});
    expect((await checkout.verb(["promote", "web", "1.1.0", "--to", "prod"])).code).toBe(1);
  });
});
