import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Approval } from "./approval.ts";
import { pin } from "./checkout.ts";

async function problems(checkout: Approval, ...args: string[]): Promise<{ file: string; message: string }[]> {
  const { code, stdout } = await checkout.verb(["verify", "--json", ...args]);
  const report = JSON.parse(stdout);
  expect(code).toBe(report.problems.length === 0 ? 0 : 1);
  return report.problems;
}

/** A repository whose main branch has a release that QA has refused; the working tree is a pull request's. */
async function pullRequest(): Promise<{ checkout: Approval; nogo: string }> {
  const checkout = await new Approval().withPassedRelease();
  const { stdout } = await checkout.verb(
    ["vote", "web", "1.1.0", "--for", "prod", "--role", "qa", "--nogo", "--reason", "loses sessions", "--json"],
    "tester",
  );
  const [nogo = ""] = JSON.parse(stdout).written;
  await checkout.git("init", "--quiet", "--initial-branch", "main");
  await checkout.git("add", "--all");
  await checkout.git("commit", "--quiet", "-m", "QA refuses web 1.1.0");
  await checkout.git("checkout", "--quiet", "-b", "pull-request");
  return { checkout, nogo };
}

describe("A PR that sets a laxer class, relaxes formality or deletes a NOGO is refused when judged against the protected branch", () => {
  const VETOED = ["vote:qa", "veto:qa:tester"];

  /** What the PR does passes by its own lights, and is refused by those of the branch. */
  async function expectRefused(checkout: Approval, ids: readonly string[]): Promise<void> {
    await checkout.git("add", "--all");
    expect((await checkout.git("commit", "--quiet", "-m", "relax")).code).toBe(0);
    const own = await checkout.process(["promote", "web", "1.1.0", "--to", "prod", "--dry-run"]);
    expect(own.stdout).not.toContain("veto");
    const judged = await checkout.process(["requires", "web", "1.1.0", "--for", "prod", "--against", "main", "--json"]);
    expect(judged.code).toBe(1);
    const { requirements } = JSON.parse(judged.stdout) as { requirements: { id: string; state: string }[] };
    const open = requirements.filter(({ state }) => state === "missing" || state === "refused").map(({ id }) => id);
    expect(open).toEqual(ids);
    const promoted = await checkout.process(["promote", "web", "1.1.0", "--to", "prod", "--against", "main"]);
    expect(promoted.code).toBe(1);
    const blessed = await checkout.process(["bless", "web", "1.1.0", "--for", "prod", "--against", "main"], "manager");
    expect(blessed.code).toBe(1);
  }

  it("deletes a NOGO: it counts all the same, and verify names it", async () => {
    const { checkout, nogo } = await pullRequest();
    rmSync(join(checkout.root, nogo));
    expect((await checkout.verb(["requires", "web", "1.1.0", "--for", "prod"])).code).toBe(0);
    await expectRefused(checkout, VETOED);
    const verified = await checkout.process(["verify", "--against", "main"]);
    expect(verified.code).toBe(1);
    expect(verified.stdout).toContain(
      `✘ ${nogo} was deleted here: records are only ever added, and it counts all the same`,
    );
  });

  it("relaxes formality", async () => {
    const { checkout, nogo } = await pullRequest();
    rmSync(join(checkout.root, nogo));
    checkout.write("catalog/trust/formality.yaml", "blessed: []\nrules: []\n");
    expect((await checkout.verb(["requires", "web", "1.1.0", "--for", "prod"])).code).toBe(0);
    await expectRefused(checkout, VETOED);
    const verified = await checkout.verb(["verify", "--against", "main"]);
    expect(verified.stdout).toContain(
      "note  catalog/trust/formality.yaml was changed here: judged by the protected branch's",
    );
  });

  it("sets a laxer class", async () => {
    const { checkout, nogo } = await pullRequest();
    rmSync(join(checkout.root, nogo));
    checkout.edit("catalog/trust/stacks.yaml", "class: prod", "class: bleed");
    expect((await checkout.verb(["requires", "web", "1.1.0", "--for", "prod"])).code).toBe(0);
    await expectRefused(checkout, VETOED);
  });

  it("takes QA's veto away", async () => {
    const { checkout, nogo } = await pullRequest();
    rmSync(join(checkout.root, nogo));
    checkout.edit("catalog/trust/people.yaml", "veto: true", "veto: false");
    await expectRefused(checkout, VETOED);
  });

  it("makes the module one that formality asks less of", async () => {
    const relaxed = await new Approval().withTestedRelease();
    const rule =
      "\n  - name: services are tested\n    when: { purposes: [service], maturity: [mature] }\n    require: { votes: [{ role: sre }] }\n";
    relaxed.write("catalog/trust/formality.yaml", relaxed.read("catalog/trust/formality.yaml").trimEnd() + rule);
    await relaxed.git("init", "--quiet", "--initial-branch", "main");
    await relaxed.git("add", "--all");
    await relaxed.git("commit", "--quiet", "-m", "platform");
    relaxed.edit("catalog/modules/web.yaml", "purpose: service", "purpose: offered");
    relaxed.edit("catalog/modules/web.yaml", "maturity: mature", "maturity: development");
    expect(await relaxed.open()).not.toContain("vote:sre");
    expect(await relaxed.open("web", "1.1.0", "prod", "--against", "main")).toContain("vote:sre");
  });

  it("deletes the manifest of what runs, so that nobody sees how big the step is", async () => {
    const checkout = await new Approval().withTestedRelease();
    const track = "tracks: [{ name: bug fixes only, stacks: [prod], admits: [patch] }]\n";
    checkout.write("catalog/trust/formality.yaml", checkout.read("catalog/trust/formality.yaml") + track);
    await checkout.record("1.0.0");
    const refused = ["track:bug fixes only", "vote:module-lead", "vote:qa", "independent-approval"];
    expect(await checkout.open()).toEqual(refused);
    checkout.edit("Pulumi.prod.yaml", `web: [${pin("web", "1.0.0")}]`, `web: [${pin("web", "1.1.0")}]`);
    rmSync(join(checkout.root, "catalog/releases/web/1.0.0.json"));
    expect(await checkout.open()).toEqual(refused);
  });

  it("signs with a key of its own: nobody knows it yet", async () => {
    const { checkout } = await pullRequest();
    checkout.withKeys("guest");
    checkout.edit(
      "catalog/trust/people.yaml",
      "members: [{ person: tester }]",
      "members: [{ person: tester }, { person: guest }]",
    );
    const own = await checkout.verb(
      ["vote", "web", "1.1.0", "--for", "prod", "--role", "qa", "--go", "--reason", "fine"],
      "guest",
    );
    expect(own.code).toBe(0);
    const open = await checkout.open("web", "1.1.0", "prod", "--against", "main");
    expect(open.filter((id) => id.startsWith("unusable:catalog/evidence/web/1.1.0/vote-"))).toHaveLength(1);
  });

  it("changes a manifest that was released", async () => {
    const { checkout } = await pullRequest();
    checkout.write("catalog/releases/web/1.1.0.json", `${checkout.read("catalog/releases/web/1.1.0.json")}\n`);
    const found = await problems(checkout, "--against", "main");
    expect(found.map(({ file, message }) => `${file} ${message}`)).toContain(
      "catalog/releases/web/1.1.0.json was changed here: a manifest never changes: cut another version",
    );
  });

  it("is judged by another checkout's trust with --trust", async () => {
    const { checkout, nogo } = await pullRequest();
    const trusted = new Approval();
    trusted.write("catalog/trust/people.yaml", checkout.read("catalog/trust/people.yaml"));
    rmSync(join(checkout.root, nogo));
    checkout.write("catalog/trust/formality.yaml", "blessed: []\nrules: []\n");
    expect(await checkout.open()).toEqual([]);
    trusted.edit("catalog/trust/formality.yaml", "{ role: qa }", "{ role: qa, count: 2 }");
    expect(await checkout.open("web", "1.1.0", "prod", "--trust", trusted.root)).toEqual(["vote:qa"]);
  });

  it("is bad input for a ref that is not there, or has no trust to judge by", async () => {
    const { checkout } = await pullRequest();
    const typo = await checkout.verb(["verify", "--against", "mian"]);
    expect(typo).toMatchObject({ code: 2, stderr: expect.stringContaining('(got "mian"; did you mean "main"?)') });
    await checkout.git("checkout", "--quiet", "--orphan", "empty");
    await checkout.git("rm", "-r", "--quiet", "--cached", "catalog/trust");
    await checkout.git("commit", "--quiet", "-m", "no trust");
    const empty = await checkout.verb(["verify", "--against", "empty"]);
    expect(empty).toMatchObject({ code: 2, stderr: expect.stringContaining("has no catalog/trust/stacks.yaml") });
  });
});
