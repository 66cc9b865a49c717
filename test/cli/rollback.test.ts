import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openContext } from "../../cli/context.ts";
import { appendEntry } from "../../cli/ledger/append.ts";
import { openSign } from "../../cli/signers.ts";
import { sha256 } from "../../release/json.ts";
import { parseFile } from "../../release/parse.ts";
import { readPlatform } from "../../release/platform.ts";
import { ofKind, readRecords } from "../../release/records.ts";
import { StackFile } from "../../release/schema/stack.ts";
import { Approval, PASSPHRASE } from "./approval.ts";
import { pin } from "./checkout.ts";

const PEOPLE = `people:
  pipeline: { name: Pipeline }
  manager: { name: Release manager }
  ops: { name: Operations }
  guest: { name: Guest }
roles:
  ci: { description: machines, members: [{ person: pipeline }], may: [cut, attest, record] }
  release-manager: { description: blesses, members: [{ person: manager }], may: [bless, revoke, block] }
  sre: { description: runs it, members: [{ person: ops }], may: [operate] }
`;
interface Resource {
  readonly inputs: { readonly metadata?: { readonly name: string }; readonly data?: unknown };
}

const WHY = ["--reason", "it loses orders"];

/** Production has run store 1.0.0 with web 1.0.0, and then web 1.1.0; all of it blessed. */
class Ran extends Approval {
  readonly #blessings = new Map<string, string>();

  constructor() {
    super({
      "catalog/trust/people.yaml": PEOPLE,
      "catalog/trust/formality.yaml": "blessed: [prod]\nvoteDays: 30\nrules: []\n",
    });
    this.withKeys("pipeline", "manager", "ops", "guest").withProgram();
  }

  static async upTo(...steps: readonly Readonly<Record<string, string>>[]): Promise<Ran> {
    const checkout = new Ran();
    for (const step of steps) await checkout.ran(step);
    return checkout;
  }

  /** Blesses releases for production, pins them and records that they were applied. */
  async ran(releases: Readonly<Record<string, string>>): Promise<void> {
    const changes = [];
    for (const [module, version] of Object.entries(releases)) {
      const blessing = await this.#blessing(module, version);
      await this.verb(["promote", module, version, "--to", "prod"]);
      const to = this.manifestDigest(module, version);
      changes.push({ module, version, from: null, to, blessing });
    }
    const sign = await openSign({ key: this.key("pipeline") }, { IMPRIMATUR_PASSPHRASE: PASSPHRASE });
    const facts = { changes, outcome: "succeeded" as const, planDigest: sha256("plan"), durationSeconds: 1 };
    await appendEntry(openContext({ directory: this.root }), sign, "prod", facts);
  }

  async #blessing(module: string, version: string): Promise<string> {
    const name = `${module} ${version}`;
    const known = this.#blessings.get(name);
    if (known !== undefined) return known;
    const at = new Date(Date.now() - 3_600_000).toISOString();
    await this.file("pipeline", "cut", [module, version], { module, version, channel: "stable", at });
    const blessed = await this.verb(["bless", module, version, "--for", "prod", "--json"], "manager");
    const [path = ""] = JSON.parse(blessed.stdout).written;
    this.#blessings.set(name, sha256(this.read(path)));
    return sha256(this.read(path));
  }

  back(args: readonly string[], person?: string) {
    return this.verb(["rollback", ...args, "--stack", "prod", "--engine", "offline", ...WHY], person);
  }

  pins(): string {
    return this.read("Pulumi.prod.yaml").split("imprimatur:modules:\n")[1] ?? "";
  }
}

const twice = () => Ran.upTo({ store: "1.0.0", web: "1.0.0" }, { web: "1.1.0" });

describe("rollback", () => {
  it("pins what ran before, writes the plan, and blocks what is taken back", async () => {
    const checkout = await twice();
    const { code, stdout } = await checkout.back(["web", "--json"], "ops");
    expect(code).toBe(0);
    const { written, person, waves, notes } = JSON.parse(stdout);
    expect(written).toEqual([
      expect.stringMatching(/^catalog\/evidence\/web\/1\.1\.0\/block-\w{12}\.sigstore\.json$/),
      "plans/prod.json",
      "Pulumi.prod.yaml",
    ]);
    expect({ person, waves }).toEqual({ person: "ops", waves: [[{ module: "web", from: "1.1.0", to: "1.0.0" }]] });
    expect(notes.at(-1)).toBe("next: npx imprimatur up prod");
    expect(checkout.pins()).toContain(`web: [${pin("web", "1.0.0")}]`);
    expect(await checkout.verb(["plan", "prod", "--engine", "offline"])).toMatchObject({ code: 0 });

    const { files, catalogue } = openContext({ directory: checkout.root });
    const { records } = readRecords(files, "catalog/evidence/web/1.1.0", catalogue.ring, { now: new Date() });
    expect(ofKind(records, "block").map(({ predicate }) => predicate)).toEqual([
      { stack: "prod", reason: "it loses orders", at: expect.any(String) },
    ]);
    // What is to run is refused by no ring; and once it does, the bad one is not promoted again.
    const preview = await checkout.verb(["preview", "prod", "--engine", "offline"]);
    expect(preview.stdout).toContain("✔ rollback-ready");
    await checkout.ran({ web: "1.0.0" });
    const again = await checkout.verb(["promote", "web", "1.1.0", "--to", "prod"]);
    expect({ code: again.code, stdout: again.stdout }).toEqual({
      code: 1,
      stdout: expect.stringContaining("blocked by ops: it loses orders"),
    });
  });

  it("renews the plan of the gate as well, whose list then has what is gone back to and what still runs", async () => {
    const checkout = await twice();
    checkout.write("Pulumi.prod-gate.yaml", "config:\n  imprimatur:cluster: { context: keeper }\n");
    const { code, stdout } = await checkout.back(["web", "--json"], "ops");
    expect(code).toBe(0);
    const { written, notes } = JSON.parse(stdout);
    expect(written.slice(1)).toEqual(["plans/prod.json", "Pulumi.prod.yaml", "plans/prod-gate.json"]);
    expect(notes.slice(-2)).toEqual([
      "next: npx imprimatur up prod-gate, so that the cluster admits it",
      "next: npx imprimatur up prod",
    ]);
    const { resources } = JSON.parse(checkout.read("plans/prod-gate.json"));
    const list = resources.find(({ inputs }: Resource) => inputs.metadata?.name === "web" && "data" in inputs);
    expect(Object.values(list.inputs.data).sort()).toEqual(
      ["1.0.0", "1.1.0"].map((version) => `registry.test/app/web web ${version} -`),
    );
    // Applying it changes what the ledger says, and not what was approved.
    await checkout.ran({ web: "1.0.0" });
    expect(await checkout.verb(["plan", "prod-gate", "--engine", "offline"])).toMatchObject({ code: 0 });
  });

  it("takes back an update that failed: what is pinned never ran", async () => {
    const checkout = await Ran.upTo({ store: "1.0.0", web: "1.0.0" });
    checkout.edit(
      "Pulumi.prod.yaml",
      `web: [${pin("web", "1.0.0")}`,
      `web: [${pin("web", "1.1.0")}, ${pin("web", "1.0.0")}`,
    );
    const { code, stdout } = await checkout.back(["web"], "manager");
    expect(code).toBe(0);
    expect(stdout).toContain("  1. web 1.1.0 → 1.0.0\n");
    expect(checkout.pins()).toContain(`web: [${pin("web", "1.0.0")}]`);
  });

  it("takes the whole stack back to an entry of its ledger, in the order of what needs what", async () => {
    const checkout = await Ran.upTo({ store: "1.0.0", web: "1.0.0" }, { store: "1.1.0", web: "1.1.0" });
    const { code, stdout } = await checkout.back(["--to", "1"], "ops");
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining("  1. store 1.1.0 → 1.0.0\n  2. web 1.1.0 → 1.0.0\n"),
    });
    expect(checkout.pins()).toContain(`web: [${pin("web", "1.0.0")}]`);
    const already = await checkout.back(["--to", "1"], "ops");
    expect(already).toMatchObject({ code: 0, stdout: "prod is pinned to what it ran after entry 1 already\n" });
  });

  it("shows all of it with --dry-run, needs no key for that, and writes nothing", async () => {
    const checkout = await twice();
    const before = checkout.snapshot();
    const { code, stdout } = await checkout.back(["web", "--dry-run"]);
    expect(code).toBe(0);
    expect(stdout).toContain("prod may go back, in this order; nothing was written\n  1. web 1.1.0 → 1.0.0\n");
    expect(checkout.snapshot()).toEqual(before);
  });

  it.each<[string, (checkout: Ran) => unknown, readonly string[], string, string]>([
    [
      "a release that has been revoked",
      (checkout) => checkout.verb(["revoke", "web", "1.0.0", "--reason", "a leak"], "manager"),
      ["web"],
      "ops",
      "revoked by manager: a leak",
    ],
    [
      "a manifest that is gone",
      (checkout) => {
        checkout.edit("Pulumi.prod.yaml", `, ${pin("web", "1.0.0")}]`, "]");
        rmSync(join(checkout.root, "catalog/releases/web/1.0.0.json"));
      },
      ["--to", "1"],
      "ops",
      "the catalogue no longer has web 1.0.0",
    ],
    [
      "a range of versions that is not met",
      (checkout) => checkout.edit("catalog/modules/store.yaml", "chart:", "dependsOn: { web: '>=1.1.0' }\nchart:"),
      ["web"],
      "ops",
      "what would run does not go together",
    ],
    [
      "somebody who may neither operate nor block",
      () => undefined,
      ["web"],
      "guest",
      "guest holds no role that may operate or block web",
    ],
    [
      "a module that ran nothing else",
      () => undefined,
      ["store"],
      "ops",
      "shows no release of store that ran before 1.0.0",
    ],
  ])("refuses %s, and writes nothing", async (_, spoil, args, person, message) => {
    const checkout = await twice();
    // store needs no web: the other way round would go in a circle.
    checkout.edit("catalog/modules/web.yaml", 'dependsOn:\n  store: ">=1.0.0"\n', "");
    await spoil(checkout);
    const before = checkout.snapshot();
    const { code, stdout } = await checkout.back(args, person);
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining(message) });
    expect(checkout.snapshot()).toEqual(before);
  });

  it("says which values have to go back too, and where they are, and takes them when they have", async () => {
    const checkout = await twice();
    const values = "  imprimatur:values: { web: { colour: blue } }\n";
    checkout.edit("Pulumi.prod.yaml", "  imprimatur:modules:", `${values}  imprimatur:modules:`);
    const { code, stdout } = await checkout.back(["web"], "ops");
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: expect.stringContaining("refused: web 1.0.0 may not run in prod again as it is configured now\n"),
    });
    expect(stdout).toContain(
      "  next  web 1.0.0 ran with other values: put those back that changed since, and roll back again; git log --patch -- Pulumi.prod.yaml catalog/modules/web.yaml\n",
    );
    checkout.edit("Pulumi.prod.yaml", values, "");
    expect((await checkout.back(["web"], "ops")).code).toBe(0);
    await checkout.verb(["revoke", "web", "1.0.0", "--reason", "a leak"], "manager");
    checkout.edit("Pulumi.prod.yaml", `web: [${pin("web", "1.0.0")}]`, `web: [${pin("web", "1.1.0")}]`);
    const revoked = await checkout.back(["--to", "1"], "ops");
    expect(revoked).toMatchObject({ code: 1, stdout: expect.stringContaining("revoked by manager: a leak") });
    expect(revoked.stdout).not.toContain("values");
  });

  it.each([
    [["web", "--to", "1"], "name a module, or an entry of the ledger for the whole stack"],
    [["--to", "9"], "must be an entry of the ledger, 1 to 2"],
    [["wep"], 'did you mean "web"?'],
  ])("takes %j as bad input", async (args, message) => {
    const { code, stderr } = await (await twice()).back(args, "ops");
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
  });

  it("leaves a stack file that is valid", async () => {
    const checkout = await twice();
    await checkout.back(["web"], "ops");
    const { files, catalogue } = openContext({ directory: checkout.root });
    const { config } = parseFile(files, "Pulumi.prod.yaml", StackFile);
    const { modules } = readPlatform(catalogue, "prod", config, "Pulumi.prod.yaml");
    expect(modules.get("web")?.current.manifest.version).toBe("1.0.0");
  });
});
