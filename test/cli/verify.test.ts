import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { verifyCatalogue } from "../../cli/approve/verification.ts";
import { openContext } from "../../cli/context.ts";
import { Approval } from "./approval.ts";

const schema = JSON.parse(readFileSync(join(import.meta.dirname, "../../schemas/verify.json"), "utf8"));

async function problems(checkout: Approval, ...args: string[]): Promise<{ file: string; message: string }[]> {
  const { code, stdout } = await checkout.verb(["verify", "--json", ...args]);
  const report = JSON.parse(stdout);
  expect(code).toBe(report.problems.length === 0 ? 0 : 1);
  return report.problems;
}

describe("verify", () => {
  it("finds a sound catalogue sound, in JSON that its schema describes", async () => {
    const checkout = await new Approval().withPassedRelease();
    const { code, stdout } = await checkout.process(["verify"]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining("✔ sound: 5 manifests, 4 signed records, 0 ledger entries, 2 stacks"),
    });
    const json = await checkout.verb(["verify", "--json"]);
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
    expect(validate(JSON.parse(json.stdout)), JSON.stringify(validate.errors)).toBe(true);
    expect(JSON.parse(json.stdout).notes.map(({ file }: { file: string }) => file)).toEqual([
      "catalog/releases/store/1.0.0.json",
      "catalog/releases/store/1.1.0.json",
      "catalog/releases/web/1.0.0.json",
      "catalog/releases/web/1.2.0-edge.1.json",
    ]);
  });

  it.each([
    ["a trust file", "catalog/trust/people.yaml", "people: [\n", "catalog/trust/people.yaml"],
    ["formality", "catalog/trust/formality.yaml", "blesed: []\n", "catalog/trust/formality.yaml"],
    ["a module", "catalog/modules/web.yaml", "purpose: servce\n", "catalog/modules/web.yaml"],
    ["a pinned manifest", "catalog/releases/web/1.0.0.json", "\n", "Pulumi.prod.yaml"],
    ["a manifest with records", "catalog/releases/web/1.1.0.json", "\n", "catalog/releases/web/1.1.0.json"],
    ["a stack file", "Pulumi.dev.yaml", "confg: {}\n", "Pulumi.dev.yaml"],
  ])("names %s that was changed", async (_, path, added, named) => {
    const checkout = await new Approval().withPassedRelease();
    checkout.write(path, checkout.read(path) + added);
    expect((await problems(checkout)).map(({ file }) => file)).toContain(named);
  });

  it("names records that prove nothing, that stray, and that have no release", async () => {
    const checkout = await new Approval().withPassedRelease();
    const folder = "catalog/evidence/web";
    const name = openContext({ directory: checkout.root }).files.list(`${folder}/1.1.0`)[0] ?? "";
    const bytes = checkout.read(`${folder}/1.1.0/${name}`);
    checkout.write(`${folder}/1.1.0/${name}`, bytes.replace("a", "b"));
    checkout.write(`${folder}/1.0.0/${name}`, bytes);
    checkout.write(`${folder}/7.0.0/${name}`, bytes);
    const found = await problems(checkout);
    expect(found.map(({ file }) => file)).toEqual([
      "catalog/releases/web/1.0.0.json",
      `${folder}/1.1.0/${name}`,
      `${folder}/7.0.0`,
    ]);
    expect(found[0]?.message).toContain("all 1 records are about other bytes");
    expect(found[2]?.message).toBe("holds records, but there is no catalog/releases/web/7.0.0.json");
    expect(await problems(checkout, "web", "1.0.0")).toHaveLength(1);
    expect(await problems(checkout, "store")).toEqual([]);
  });

  it("names a broken ledger, and one of a stack that is not there", async () => {
    const checkout = await new Approval().withPassedRelease();
    checkout.write("catalog/ledger/prod/000001.sigstore.json", "{}");
    checkout.write("catalog/ledger/attic/000001.sigstore.json", "{}");
    expect((await problems(checkout)).map(({ file }) => file)).toEqual([
      "catalog/ledger/attic",
      "catalog/ledger/attic/000001.sigstore.json",
      "catalog/ledger/prod/000001.sigstore.json",
    ]);
  });

  it("notes what a key signed whose time is over, and does not call it broken", async () => {
    const checkout = await new Approval().withPassedRelease();
    const people = checkout.read("catalog/trust/people.yaml");
    const end = new Date(Date.now() + 3_600_000).toISOString();
    const [, until = ""] = [people, people.replace(/(lead:[\s\S]*?- from: .*\n)( +)/, `$1$2until: ${end}\n$2`)];
    checkout.write("catalog/trust/people.yaml", until);
    const later = new Date(Date.now() + 7_200_000).toISOString();
    const { code, stdout } = await checkout.verb(["verify", "--json", "--at", later]);
    expect(code).toBe(0);
    const lapsed = JSON.parse(stdout).notes.filter(({ message }: { message: string }) =>
      message.includes("valid until"),
    );
    expect(lapsed).toHaveLength(1);
  });

  it("is bad input for a module that is not there", async () => {
    const { code, stderr } = await new Approval().verb(["verify", "wep"]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('did you mean "web"?') });
  });

  it("never accepts and never crashes on a flipped or cut byte of any manifest or record", async () => {
    const checkout = await new Approval().withPassedRelease();
    await checkout.verb(["bless", "web", "1.1.0", "--for", "prod"], "manager");
    const context = () => openContext({ directory: checkout.root });
    const folder = "catalog/evidence/web/1.1.0";
    const paths = [
      ...context()
        .files.list(folder)
        .map((name) => `${folder}/${name}`),
      "catalog/releases/web/1.1.0.json",
    ];
    const now = new Date();
    fc.assert(
      fc.property(
        fc.constantFrom(...paths),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        (path, at, bits, cut) => {
          const file = join(checkout.root, path);
          const bytes = readFileSync(file);
          const changed = cut ? bytes.subarray(0, at % bytes.length) : Buffer.from(bytes);
          if (!cut) changed[at % bytes.length] = (changed[at % bytes.length] ?? 0) ^ bits;
          try {
            writeFileSync(file, changed);
            const named = verifyCatalogue(context(), now, {}).problems.map((problem) => problem.file);
            expect(named).toContain(path);
          } finally {
            writeFileSync(file, bytes);
          }
        },
      ),
      { numRuns: 150 },
    );
    expect(verifyCatalogue(context(), now, {}).problems).toEqual([]);
  });
});
