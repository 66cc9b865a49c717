import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { Approval, referencePlatform } from "./approval.ts";

const REQUIRES = ["requires", "web", "1.1.0", "--for", "prod"];
const schema = JSON.parse(readFileSync(join(import.meta.dirname, "../../schemas/requires.json"), "utf8"));

describe("requires", () => {
  it("shows what is there, what is missing, who supplies it and how", async () => {
    const checkout = await new Approval().withTestedRelease();
    const { code, stdout } = await checkout.process(REQUIRES);
    expect(code).toBe(1);
    expect(stdout).toBe(
      [
        "web 1.1.0 for prod   ✘ 3 missing of 6",
        "asked by tested and wanted",
        "",
        "  ✔ cut                   cut by pipeline",
        "  ✔ channel               channel stable is admitted",
        "  ✔ evidence:test-result  test-result: by pipeline",
        "  ○ vote:module-lead      module-lead: 0 of 1 GO",
        "      who   deputy, lead",
        '      next  npx imprimatur vote web 1.1.0 --for prod --role module-lead --go --reason "…"',
        "  ○ vote:qa               qa: 0 of 1 GO",
        "      who   tester",
        '      next  npx imprimatur vote web 1.1.0 --for prod --role qa --go --reason "…"',
        "  ○ independent-approval  approved by somebody other than its author (pipeline)",
        "      who   module-lead (deputy, lead); qa (tester)",
        "",
      ].join("\n"),
    );
  });

  it("prints JSON that its schema describes, the same bytes each time", async () => {
    const checkout = await new Approval().withTestedRelease();
    const args = [...REQUIRES, "--json", "--at", new Date().toISOString()];
    const [first, second] = [await checkout.verb(args), await checkout.verb(args)];
    expect(first.stdout).toBe(second.stdout);
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
    expect(validate(JSON.parse(first.stdout)), JSON.stringify(validate.errors)).toBe(true);
    expect(JSON.parse(first.stdout)).toMatchObject({
      blessed: false,
      passed: false,
      allowed: false,
      rules: ["tested and wanted"],
    });
  });

  it("exits 0 when all is there, and says that a blessing is next", async () => {
    const checkout = await new Approval().withPassedRelease();
    const { code, stdout } = await checkout.verb(REQUIRES);
    expect(code).toBe(0);
    expect(stdout).toContain("✔ all there, to be blessed");
    expect(stdout).toContain("next  npx imprimatur bless web 1.1.0 --for prod");
  });

  it("judges for the instant asked for: a vote that has run out is missing", async () => {
    const checkout = await new Approval().withPassedRelease();
    const later = new Date(Date.now() + 31 * 86_400_000).toISOString();
    expect(await checkout.open("web", "1.1.0", "prod", "--at", later)).toEqual([
      "vote:module-lead",
      "vote:qa",
      "independent-approval",
    ]);
  });

  it("lists a record that somebody has tampered with, and refuses", async () => {
    const checkout = await new Approval().withPassedRelease();
    const path = "catalog/evidence/web/1.1.0/note-0123456789ab.sigstore.json";
    checkout.write(path, "{}\n");
    expect(await checkout.open()).toEqual([`unusable:${path}`]);
  });

  it.each([
    [["requires", "web", "1.1.0"], "required option '--for <stack>' not specified"],
    [["requires", "web", "1.1.0", "--for", "prodd"], 'did you mean "prod"?'],
    [["requires", "web", "9.9.9", "--for", "prod"], "web has no release 9.9.9"],
    [
      [...REQUIRES, "--at", "yesterday"],
      '--at: must be an instant with its offset, as RFC 3339 writes it, such as 2026-07-24T15:00:00Z (got "yesterday"',
    ],
    [[...REQUIRES, "--trust", "/"], "--trust: is in no checkout of a platform"],
    [[...REQUIRES, "--against", "main"], "--against: cannot be read: not a git repository"],
  ])("takes %j as bad input", async (args, message) => {
    const { code, stderr } = await new Approval().verb(args);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
  });
});

/** Writes the next release of a module of the reference platform, like an earlier one but for its version and digests. */
function nextRelease(checkout: Approval, module: string, from: string, version: string): void {
  const manifest = JSON.parse(checkout.read(`catalog/releases/${module}/${from}.json`));
  const text = JSON.stringify({ ...manifest, version }).replace(
    /sha256:[0-9a-f]{63}/g,
    (digest) => `${digest.slice(0, -3)}abc`,
  );
  checkout.write(`catalog/releases/${module}/${version}.json`, text);
}

interface Requirement {
  readonly id: string;
  readonly state: string;
  readonly who: { readonly role?: string; readonly people: readonly string[] }[];
}

/** Cuts a release and supplies, through `attest`, all the evidence that a stack asks of it. */
async function supplyEvidence(checkout: Approval, module: string, version: string, stack: string): Promise<void> {
  const at = new Date(Date.now() - 60_000).toISOString();
  await checkout.file("pipeline", "cut", [module, version], { module, version, channel: "stable", at });
  const { stdout } = await checkout.verb(["requires", module, version, "--for", stack, "--json"]);
  for (const { id, state, who } of JSON.parse(stdout).requirements as Requirement[]) {
    if (state !== "missing" || !id.startsWith("evidence:")) continue;
    const [, type = "", , place = "ci"] = /^evidence:([^@]+)(@(.+))?$/.exec(id) ?? [];
    const metrics = { failed: 0, critical: 0, lines: 92 };
    const predicate = { type, in: place, result: "pass", metrics, at };
    await checkout.file(who[0]?.people[0] ?? "", "evidence", [module, version], predicate);
  }
}

describe("SQuaRE's recommended container", () => {
  const LEADS = [
    ["platform-lead", "square-lead"],
    ["product-owner", "square-product"],
    ["community-lead", "community-lead"],
    ["pipelines-lead", "pipelines-lead"],
    ["middleware-lead", "middleware-lead"],
  ] as const;

  async function proposed(): Promise<Approval> {
    const checkout = referencePlatform().withKeys(
      ...new Set(["pipeline", "release-manager", ...LEADS.map(([, person]) => person)]),
    );
    nextRelease(checkout, "sciplat-lab", "w_2026_30", "w_2026_31");
    await supplyEvidence(checkout, "sciplat-lab", "w_2026_31", "prod");
    return checkout;
  }

  function acknowledge(checkout: Approval, role: string, person: string) {
    const args = ["vote", "sciplat-lab", "w_2026_31", "--for", "prod", "--role", role, "--go", "--reason", "agreed"];
    return checkout.verb(args, person);
  }

  it("goes from one meeting to the next to the five leads, in order", async () => {
    const checkout = await proposed();
    const open = () => checkout.open("sciplat-lab", "w_2026_31");
    expect(await open()).toEqual([
      "stage:1:operations-meeting",
      "stage:2:data-preview-meeting",
      ...LEADS.map(([role]) => `stage:3:${role}`),
      "independent-approval",
    ]);
    expect((await acknowledge(checkout, "operations-meeting", "square-lead")).code).toBe(0);
    expect((await acknowledge(checkout, "data-preview-meeting", "square-product")).code).toBe(0);
    for (const [role, person] of LEADS) {
      expect(await open()).toContain(`stage:3:${role}`);
      expect((await acknowledge(checkout, role, person)).code).toBe(0);
    }
    expect(await open()).toEqual([]);
    const blessed = await checkout.verb(["bless", "sciplat-lab", "w_2026_31", "--for", "prod"], "release-manager");
    expect(blessed.code).toBe(0);
    const { code } = await checkout.verb(["promote", "sciplat-lab", "w_2026_31", "--to", "prod"]);
    expect(code).toBe(0);
  });

  it("takes no acknowledgement before the stage ahead of it, and says which comes first", async () => {
    const checkout = await proposed();
    const before = checkout.snapshot();
    for (const [role, person] of [["data-preview-meeting", "square-product"], ...LEADS] as const) {
      const { code, stdout } = await acknowledge(checkout, role, person);
      expect(code).toBe(1);
      expect(stdout).toContain("came before the stage ahead of it was complete");
      expect(stdout).toContain("next  npx imprimatur vote sciplat-lab w_2026_31 --for prod --role operations-meeting");
    }
    expect(checkout.snapshot()).toEqual(before);
  });

  it("counts no acknowledgement that was filed out of order, whoever filed it", async () => {
    const checkout = await proposed();
    await acknowledge(checkout, "operations-meeting", "square-lead");
    const digest = checkout.manifestDigest("sciplat-lab", "w_2026_31");
    const { stdout } = await checkout.verb(["requires", "sciplat-lab", "w_2026_31", "--for", "prod", "--json"]);
    const early = {
      verdict: "GO",
      role: "community-lead",
      stack: "prod",
      configHash: { [digest]: JSON.parse(stdout).configHash },
      reason: "agreed",
      at: new Date().toISOString(),
      expires: new Date(Date.now() + 86_400_000).toISOString(),
    };
    await checkout.file("community-lead", "vote", ["sciplat-lab", "w_2026_31"], early);
    await acknowledge(checkout, "data-preview-meeting", "square-product");
    expect(await checkout.open("sciplat-lab", "w_2026_31")).toContain("stage:3:community-lead");
    expect((await acknowledge(checkout, "community-lead", "community-lead")).code).toBe(0);
    expect(await checkout.open("sciplat-lab", "w_2026_31")).not.toContain("stage:3:community-lead");
  });
});

describe("MayaOnline's go/no-go", () => {
  const VOTERS = [
    ["module-lead", "maya-lead"],
    ["qa", "maya-qa"],
    ["sre", "maya-sre"],
    ["product", "maya-product"],
  ] as const;
  const VERSION = "2.5.0+c0ffee1";

  async function train(): Promise<Approval> {
    const checkout = referencePlatform().withKeys("pipeline", "release-manager", ...VOTERS.map(([, person]) => person));
    nextRelease(checkout, "maya-io", "2.3.1+3f9c2d1", VERSION);
    nextRelease(checkout, "maya-ui", "2.3.2+a4d2b90", VERSION);
    await supplyEvidence(checkout, "maya-io", VERSION, "prod");
    await supplyEvidence(checkout, "maya-ui", VERSION, "prod");
    return checkout;
  }

  function vote(checkout: Approval, role: string, person: string, verdict: string) {
    const releases = [`maya-io@${VERSION}`, `maya-ui@${VERSION}`];
    return checkout.verb(
      ["vote", ...releases, "--for", "prod", "--role", role, verdict, "--reason", "meeting of today"],
      person,
    );
  }

  it("blesses a train when lead, QA, SRE and product say GO, each with one vote", async () => {
    const checkout = await train();
    for (const [role, person] of VOTERS) {
      expect(await checkout.open("maya-ui", VERSION)).toContain(`vote:${role}`);
      expect((await vote(checkout, role, person, "--go")).code).toBe(0);
    }
    for (const module of ["maya-io", "maya-ui"]) {
      expect(await checkout.open(module, VERSION)).toEqual([]);
      const { code } = await checkout.verb(["bless", module, VERSION, "--for", "prod"], "release-manager");
      expect(code).toBe(0);
    }
  });

  it("refuses on QA's NOGO though everybody else says GO; product's NOGO is one vote that is missing", async () => {
    const checkout = await train();
    for (const [role, person] of VOTERS) await vote(checkout, role, person, "--go");
    await vote(checkout, "qa", "maya-qa", "--nogo");
    expect(await checkout.open("maya-io", VERSION)).toEqual(["vote:qa", "veto:qa:maya-qa"]);
    await vote(checkout, "qa", "maya-qa", "--go");
    await vote(checkout, "product", "maya-product", "--nogo");
    expect(await checkout.open("maya-io", VERSION)).toEqual(["vote:product"]);
    expect((await checkout.verb(["bless", "maya-io", VERSION, "--for", "prod"], "release-manager")).code).toBe(1);
  });
});
