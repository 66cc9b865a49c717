import { join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { PreviewReport } from "../../cli/report.ts";
import { openSign } from "../../cli/signers.ts";
import { sha256 } from "../../release/json.ts";
import { policyWaiverFolder, urnDigest } from "../../release/policyWaivers.ts";
import { recordFileName } from "../../release/records.ts";
import { RECORDS } from "../../release/schema/predicates.ts";
import { buildStatement } from "../../release/signing/statement.ts";
import { writeFileAtomically } from "../../store/write.ts";
import { Approval, PASSPHRASE } from "./approval.ts";
import { platformFiles } from "./checkout.ts";

// Each preview starts a program and a policy pack.
vi.setConfig({ testTimeout: 180_000 });

const MODULE = "urn:pulumi:prod::imprimatur::imprimatur:release:ModuleRelease::web";
const IMAGE = "urn:pulumi:prod::imprimatur::imprimatur:registry:OciRegistry$imprimatur:release:BlessedImage::web/web";
const REFUSED =
  "its owner team, from catalog/modules/web.yaml, is neither a person nor a role in catalog/trust/people.yaml";

let checkout: Approval;
beforeEach(() => {
  const store = "catalog/modules/store.yaml";
  // The owners of web, `team`, are nobody that trust knows: known-owner refuses web and its image.
  checkout = new Approval({
    "catalog/trust/formality.yaml": "blessed: []\nrules: []\n",
    [store]: platformFiles()[store]?.replace("[team]", "[ops]") ?? "",
  }).withProgram();
  checkout.withKeys("manager", "ops", "lead");
});

function waive(resource = MODULE, policy = "known-owner"): string[] {
  const text = ["--reason", "the team is being formed", "--expires", "7d"];
  return ["waive", "--policy", policy, "--resource", resource, "--for", "prod", ...text];
}

async function first(resource = MODULE): Promise<string> {
  const { code, stdout } = await checkout.process([...waive(resource), "--json"], "manager");
  expect(code).toBe(0);
  return JSON.parse(stdout).written[0];
}

/** How a preview of production ends, and what known-owner says in it. */
async function preview(...args: string[]) {
  const { code, stdout } = await checkout.process(["preview", "prod", "--json", "--engine", "offline", ...args]);
  const report: PreviewReport = JSON.parse(stdout);
  const found = report.stacks[0]?.verdicts.filter(
    ({ policy, violations }) => violations.length > 0 && policy === "known-owner",
  );
  const said = (found ?? []).flatMap(({ level, violations }) =>
    violations.map(({ urn, message }) => ({ level, urn, message })),
  );
  return { code, said };
}

/** Files a waiver that no verb would write, rightly signed by a person who may. */
async function file(name: string, subject: string, stack: string): Promise<string> {
  const sign = await openSign({ key: checkout.key("manager") }, { IMPRIMATUR_PASSPHRASE: PASSPHRASE });
  const at = new Date(Date.now() - 1000).toISOString();
  const predicate = { rule: "known-owner", stack, reason: "see name", at, expires: "2099-01-01T00:00:00Z" };
  const subjects = [{ name, sha256: urnDigest(subject).slice("sha256:".length) }];
  const bytes = await sign(buildStatement(subjects, RECORDS.waiver.type, predicate));
  const path = `${policyWaiverFolder("prod")}/${recordFileName("waiver", sha256(bytes))}`;
  writeFileAtomically(join(checkout.root, path), bytes);
  return path;
}

describe("waive --policy", () => {
  it("lifts a violation when two people have signed, shows it in every preview, and refuses again once it has run out", async () => {
    const paths = [await first(MODULE), await first(IMAGE)];
    expect(paths[0]).toMatch(/^catalog\/waivers\/prod\/waiver-[0-9a-f]{12}\.sigstore\.json$/);
    const refused = [IMAGE, MODULE].map((urn) => ({ level: "mandatory", urn, message: REFUSED }));
    expect(await preview()).toEqual({ code: 1, said: refused });

    const seconds = [];
    for (const path of paths) seconds.push(await checkout.process(["waive", "--sign", path], "ops"));
    expect(seconds.map(({ code }) => code)).toEqual([0, 0]);
    const ends = seconds.map(
      ({ stdout }) => /is waived for \S+ until (\S+), by manager and ops/.exec(stdout)?.[1] ?? "",
    );
    const expected = (level: string, message: (end: string) => string) =>
      [IMAGE, MODULE].map((urn, i) => ({ level, urn, message: message(ends[1 - i] ?? "") }));
    const waived = (end: string) => `waived: by manager, ops until ${end}: the team is being formed\n${REFUSED}`;
    expect(await preview()).toEqual({ code: 0, said: expected("advisory", waived) });
    const { code, stdout } = await checkout.process(["preview", "prod", "--engine", "offline"]);
    expect(code).toBe(0);
    expect(stdout).toContain(`waived: by manager, ops until ${ends[0]}: the team is being formed`);

    const late = ["--at", new Date(Date.now() + 8 * 86_400_000).toISOString()];
    const ranOut = (end: string) => `${REFUSED}\nits waiver ran out at ${end}`;
    expect(await preview(...late)).toEqual({ code: 1, said: expected("mandatory", ranOut) });

    const sound = "sound: 5 manifests, 4 signed records, 0 ledger entries, 2 stacks";
    expect(await checkout.verb(["verify"])).toMatchObject({ code: 0, stdout: expect.stringContaining(sound) });
    const noted = await checkout.verb(["verify", ...late]);
    expect(noted).toMatchObject({ code: 0, stdout: expect.stringContaining(`${paths[0]} ran out at ${ends[0]}`) });
  });

  it("takes two people who may waive for all modules, and writes nothing else", async () => {
    const path = await first();
    const before = checkout.snapshot();
    const again = await checkout.verb(["waive", "--sign", path], "manager");
    const twice = "manager has signed it already: a waiver takes two people";
    expect(again).toMatchObject({ code: 1, stdout: expect.stringContaining(`${twice}\n  next  ask ops`) });
    const none = "lead holds no role that may waive for all modules\n  next  ask manager or ops";
    for (const args of [waive(), ["waive", "--sign", path]]) {
      expect(await checkout.verb(args, "lead")).toMatchObject({ code: 1, stdout: expect.stringContaining(none) });
    }
    expect(checkout.snapshot()).toEqual(before);
  });

  it.each([
    [
      waive(MODULE, "known-owners"),
      '--policy: is no policy of the pack (got "known-owners"; did you mean "known-owner"?)',
    ],
    [waive(MODULE.replace(":prod:", ":dev:")), "--resource: is no URN of a resource of prod"],
    [waive().slice(0, -2), "a policy needs --policy --resource --for --reason --expires"],
    [
      ["waive", "web", "1.0.0", "--rule", "window-and-freeze", ...waive().slice(5)],
      '--rule: is a policy, which is waived for each resource that it refuses: npx imprimatur waive --policy window-and-freeze --resource <URN> --for prod --reason "…" --expires 4h --review-by <person>; `npx imprimatur preview prod --json` gives the URN (got "window-and-freeze")',
    ],
    [[...waive(), "--rule", "soak:staging"], "a policy is waived for a resource: leave out the release and --rule"],
  ])("takes %j as bad input", async (args, message) => {
    const before = checkout.snapshot();
    const { code, stderr } = await checkout.verb(args, "manager");
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
    expect(checkout.snapshot()).toEqual(before);
  });

  it("refuses to sign, and verify finds, what names another resource or stack than it counts for", async () => {
    const named = await file(IMAGE, MODULE, "prod");
    const strayed = await file(MODULE, MODULE, "dev");
    const wrong = { [named]: "names another resource than it is signed for", [strayed]: "is a waiver for dev" };
    for (const [path, message] of Object.entries(wrong)) {
      const second = await checkout.verb(["waive", "--sign", path], "ops");
      expect(second).toMatchObject({ code: 1, stdout: expect.stringContaining(`${path} ${message}`) });
    }
    const { code, stdout } = await checkout.verb(["verify", "--json"]);
    const { problems } = JSON.parse(stdout) as { problems: { file: string; message: string }[] };
    expect(code).toBe(1);
    expect(Object.fromEntries(problems.map((problem) => [problem.file, problem.message]))).toEqual(wrong);
  });

  it("verify finds a waiver that was changed, and a folder of no stack", async () => {
    const path = await first();
    checkout.write(
      path,
      checkout.read(path).replace(/"sig":\s*"./, (text) => `${text.slice(0, -1)}${text.endsWith("A") ? "B" : "A"}`),
    );
    checkout.write("catalog/waivers/prodd/notes.txt", "?");
    const { code, stdout } = await checkout.verb(["verify", "--json"]);
    const { problems } = JSON.parse(stdout) as { problems: { file: string; message: string }[] };
    expect(code).toBe(1);
    expect(problems.map((problem) => problem.file)).toEqual([
      path,
      "catalog/waivers/prodd",
      "catalog/waivers/prodd/notes.txt",
    ]);
  });
});
