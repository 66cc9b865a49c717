import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openContext } from "../../cli/context.ts";
import { DrPlan } from "../../cli/drplan/report.ts";
import { appendEntry } from "../../cli/ledger/append.ts";
import { openSign } from "../../cli/signers.ts";
import { sha256 } from "../../release/json.ts";
import { Approval, PASSPHRASE } from "./approval.ts";

/** Production without blessings, so that only what people say against a release is against it. */
async function applied(...versions: readonly string[]): Promise<Approval> {
  const checkout = new Approval({ "catalog/trust/formality.yaml": "blessed: []\nrules: []\n" });
  checkout.withKeys("pipeline", "lead", "ops", "manager", "tester");
  const sign = await openSign({ key: checkout.key("pipeline") }, { IMPRIMATUR_PASSPHRASE: PASSPHRASE });
  for (const version of versions) {
    const change = (module: string, to: string) => ({ module, version: to, from: null, blessing: null });
    const changes = [{ ...change("web", version), to: checkout.manifestDigest("web", version) }];
    const store = { ...change("store", "1.0.0"), to: checkout.manifestDigest("store", "1.0.0") };
    await appendEntry(openContext({ directory: checkout.root }), sign, "prod", {
      changes: version === versions[0] ? [...changes, store] : changes,
      outcome: "succeeded",
      planDigest: sha256(version),
      durationSeconds: 60,
    });
  }
  return checkout;
}

async function planOf(checkout: Approval, ...args: string[]): Promise<{ code: number; plan: DrPlan }> {
  const { code, stdout } = await checkout.verb(["drplan", "prod", ...args, "--json"]);
  return { code, plan: DrPlan.parse(JSON.parse(stdout)) };
}

describe("drplan", () => {
  it("goes back to what runs now where a release is still to come, in the order that modules need each other", async () => {
    const checkout = await applied("1.0.0");
    const { code, plan } = await planOf(checkout, "--release", "web@1.1.0", "store@1.0.0");
    expect(code).toBe(0);
    expect(
      plan.modules.map(({ module, runs, knownGood }) => [module, runs, knownGood?.version, knownGood?.entry]),
    ).toEqual([
      ["web", "1.0.0", "1.0.0", 1],
      ["store", "1.0.0", undefined, undefined],
    ]);
    expect(plan.modules[0]).toMatchObject({
      command: 'npx imprimatur rollback web --stack prod --reason "…"',
      onCall: [{ person: "ops", name: "Operations", role: "sre" }],
    });
  });

  it("goes back to the release before where it runs already, and skips one that may run no more", async () => {
    const checkout = await applied("1.0.0", "1.1.0", "1.2.0-edge.1");
    const args = ["--release", "web", "1.2.0-edge.1"];
    const before = await planOf(checkout, ...args);
    expect(before.plan.modules[0]?.knownGood).toMatchObject({ version: "1.1.0", entry: 2 });
    expect(before.plan.whole).toBe('npx imprimatur rollback --stack prod --to 2 --reason "…"');
    await checkout.verb(["revoke", "web", "1.1.0", "--reason", "leaks <tokens>"], "tester");
    const after = await planOf(checkout, ...args);
    expect(after.code).toBe(0);
    expect(after.plan.modules[0]).toMatchObject({
      knownGood: { version: "1.0.0", entry: 1 },
      passedOver: [{ version: "1.1.0", why: "revoked by tester: leaks <tokens>" }],
    });
  });

  it("has gaps, and exits 1, where nothing is known good, nobody is on call, or what is gone back to does not fit", async () => {
    const checkout = await applied("1.0.0", "1.1.0");
    await checkout.verb(["revoke", "web", "1.0.0", "--reason", "broken"], "tester");
    checkout.edit(
      "catalog/trust/people.yaml",
      "members: [{ person: ops }]",
      "members: [{ person: ops, modules: [store] }]",
    );
    const { code, plan } = await planOf(checkout, "--release", "web", "1.1.0");
    expect(code).toBe(1);
    expect(plan.gaps).toEqual([
      "nobody is on call for web: give somebody the role on-call or sre",
      "there is nothing known good to take web back to: 1.0.0 revoked by tester: broken",
    ]);

    const ranged = await applied("1.0.0");
    ranged.write(
      "catalog/releases/store/2.0.0.json",
      ranged.read("catalog/releases/store/1.0.0.json").replaceAll("1.0.0", "2.0.0"),
    );
    ranged.edit("catalog/modules/web.yaml", ">=1.0.0", ">=2.0.0");
    const ranges = await planOf(ranged, "--release", "web@1.1.0", "store@2.0.0");
    expect(ranges.plan.gaps).toEqual(["web 1.0.0 needs store >=2.0.0, and would find 1.0.0"]);
  });

  it("prefers the role on-call, and quotes what was signed of the release", async () => {
    const checkout = await applied("1.0.0");
    checkout.edit(
      "catalog/trust/people.yaml",
      "roles:\n",
      "roles:\n  on-call: { description: watches, members: [{ person: deputy }] }\n",
    );
    const attest = (type: string, summary: string) =>
      checkout.verb(["attest", "web", "1.1.0", "--type", type, "--summary", summary], "lead");
    await attest("on-call", "Deputy, until Friday");
    await attest("special-provisions", "drain *first*");
    const [web] = (await planOf(checkout, "--release", "web", "1.1.0")).plan.modules;
    expect(web?.onCall.map(({ person }) => person)).toEqual(["deputy"]);
    expect(web?.said).toEqual([{ person: "lead", text: "Deputy, until Friday" }]);
    expect(web?.provisions).toEqual([{ person: "lead", text: "drain *first*" }]);
  });

  it("is a page that is evidence for the release", async () => {
    const checkout = await applied("1.0.0");
    checkout.write("catalog/trust/chat.yaml", 'channel: "#ops"\n');
    const out = join(checkout.root, "dr-plan.md");
    const written = await checkout.verb(["drplan", "prod", "--release", "web", "1.1.0", "--out", out]);
    expect(written).toMatchObject({ code: 0, stdout: expect.stringContaining("dr-plan.md written\n") });
    const page = checkout.read("dr-plan.md");
    expect(page).toContain("For `web 1.1.0`, as of ");
    expect(page).toContain("Talk in `#ops`.");
    expect(page).toContain('```sh\nnpx imprimatur rollback web --stack prod --reason "…"\nnpx imprimatur up prod\n```');
    expect(page).toContain("| web | `1.1.0` | `1.0.0` | entry 1, ");
    const args = ["attest", "web", "1.1.0", "--type", "dr-plan", "--file", out];
    expect(await checkout.verb(args, "ops")).toMatchObject({ code: 0 });
  });
});
