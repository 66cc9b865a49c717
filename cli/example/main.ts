import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { blessingStatement } from "../../release/blessing.ts";
import { Catalogue } from "../../release/catalogue.ts";
import { type Files, overlay } from "../../release/files.ts";
import { Gate } from "../../release/gate.ts";
import { sha256 } from "../../release/json.ts";
import { ledgerFile } from "../../release/ledger.ts";
import { parseFile } from "../../release/parse.ts";
import { type Platform, readPlatform } from "../../release/platform.ts";
import { StackFile, type StackSettings } from "../../release/schema/stack.ts";
import { bundleFileDigest } from "../../release/signing/envelope.ts";
import { ledgerStatement } from "../../release/statements.ts";
import { workingTree } from "../../store/files.ts";
import { writeFileAtomically } from "../../store/write.ts";
import { freshKeys } from "./keys.ts";
import { withChartDigests } from "./manifests.ts";
import { ExampleSigner } from "./signing.ts";

const root = join(import.meta.dirname, "../..");
const PEOPLE = "catalog/trust/people.yaml";
const SIGNED = ["catalog/evidence", "catalog/ledger"];

/**
 * How the reference platform came to be, in order: each step applies what the pins of a stack file say to a stack.
 * What production runs has been in staging for a week before; that is what its rules ask for.
 */
const STEPS = [
  { stack: "staging", pins: ["prod", 1], day: "2026-05-04T12:00:00Z" },
  { stack: "prod", pins: ["prod", 1], day: "2026-05-18T12:00:00Z" },
  { stack: "staging", pins: ["staging", 1], day: "2026-06-01T12:00:00Z" },
  { stack: "staging", pins: ["staging", 0], day: "2026-07-06T12:00:00Z" },
  { stack: "prod", pins: ["prod", 0], day: "2026-07-30T12:00:00Z" },
] as const;

const tree = workingTree(root);
const unsigned: Files = {
  read: (path) => (SIGNED.some((folder) => path.startsWith(`${folder}/`)) ? undefined : tree.read(path)),
  list: (path) => (SIGNED.some((folder) => path === folder || path.startsWith(`${folder}/`)) ? [] : tree.list(path)),
};
const stackFiles = ["dev", "staging", "prod"].map((stack) => `Pulumi.${stack}.yaml`);
const { signers, peopleYaml } = freshKeys(readFileSync(join(root, PEOPLE), "utf8"), "2026-01-01T00:00:00Z");
const written = await withChartDigests(tree, new Catalogue(tree), stackFiles);
written.set(PEOPLE, Buffer.from(peopleYaml));
const files = overlay(unsigned, written);
const catalogue = new Catalogue(files);
const signer = new ExampleSigner(catalogue, signers, written);

for (const { stack, pins, day } of STEPS) await apply(platformOf(stack, pins[0], pins[1]), new Date(day));
for (const folder of SIGNED) rmSync(join(root, folder), { recursive: true, force: true });
for (const [path, bytes] of written) writeFileAtomically(join(root, path), bytes);
const records = [...written.keys()].filter((path) => path.endsWith(".sigstore.json")).length;
console.log(`signed ${records} records with ${signers.size} fresh keys, whose private halves are gone`);

/** The platform of a stack with the current (0) or previous (1) pins of a stack file. */
function platformOf(stack: string, from: string, index: 0 | 1): Platform {
  const own = settingsOf(stack);
  const modules = Object.entries(settingsOf(from)["imprimatur:modules"]).map(([name, pins]) => {
    if (typeof pins === "string") throw new Error(`${from} lets ${name} float`);
    return [name, [pins[index] ?? pins[0] ?? ""]];
  });
  return readPlatform(
    catalogue,
    stack,
    { ...own, "imprimatur:modules": Object.fromEntries(modules) },
    `Pulumi.${stack}.yaml`,
  );
}

function settingsOf(stack: string): StackSettings {
  return parseFile(files, `Pulumi.${stack}.yaml`, StackFile).config as StackSettings;
}

/** Supplies all that a stack asks of each of its releases, blesses them and records that they were applied. */
async function apply(platform: Platform, day: Date): Promise<void> {
  const { stack } = platform;
  const changes = [];
  for (const { module, current: release, configHash, slots = [] } of platform.modules.values()) {
    const candidate = { module, release, configHash };
    const gate = new Gate(catalogue, files, day);
    const running = gate.running(module.name, stack);
    if (running === release.manifestDigest) continue;
    for (const item of gate.judge(candidate, stack).items) {
      if (item.state === "missing")
        await signer.supply(item, gate.asked(candidate, stack).evidence, candidate, stack, day);
    }
    // Read anew: the gate remembers what it has read.
    const judgement = new Gate(catalogue, files, day).judge(candidate, stack);
    if (!judgement.passed)
      throw new Error(`${module.name} for ${stack.name}: ${JSON.stringify(judgement.items, undefined, 1)}`);
    const statement = blessingStatement(candidate, stack, judgement, catalogue.formalityDigest, day);
    const blessing = await signer.file("blessing", "release-manager", candidate, statement);
    for (const slot of slots) await signer.inventory(candidate, slot, stack, day);
    const { version } = release.manifest;
    changes.push({ module: module.name, version, from: running ?? null, to: release.manifestDigest, blessing });
  }
  const { entries } = new Gate(catalogue, files, day).ledger(stack.name);
  const seq = entries.length + 1;
  const previous = entries.at(-1)?.digest ?? null;
  const planDigest = sha256(`${stack.name} ${seq}`);
  const entry = {
    stack: stack.name,
    seq,
    previous,
    changes,
    outcome: "succeeded" as const,
    planDigest,
    at: day.toISOString(),
    durationSeconds: 240,
  };
  const bytes = await signer.sign("pipeline", ledgerStatement(entry));
  written.set(ledgerFile(stack.name, seq), bytes);
  console.log(
    `${day.toISOString().slice(0, 10)} ${stack.name}: ${changes.length} releases, entry ${bundleFileDigest(bytes).slice(0, 12)}`,
  );
}
