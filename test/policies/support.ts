import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll } from "vitest";
import { type Pack, startPack } from "../../engine/pack.ts";
import type { Registration } from "../../engine/registration.ts";
import type { JsonObject } from "../../release/json.ts";
import type { Violation } from "../../release/verdict.ts";

export { resourceOf } from "./resource.ts";

/** The root of this checkout: it holds the pack. */
export const ROOT = resolve(import.meta.dirname, "../..");

/** What the engine sends for a value that only an update can know. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A value as the engine sends it when the program marked it as secret. */
export function secretOf(value: JsonObject | string): JsonObject {
  return { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value };
}

/** One stack of each class, and channels that admit everything. */
export const TRUST: Readonly<Record<string, string>> = {
  "catalog/trust/stacks.yaml": `stacks:
  bleed: { class: bleed }
  dev: { class: dev }
  staging: { class: staging }
  prod: { class: prod, gate: { mode: enforce } }
`,
  "catalog/trust/channels.yaml": `service: &all { bleed: experimental, dev: experimental, staging: experimental, prod: experimental }
offered: *all
`,
  "catalog/trust/formality.yaml": "blessed: []\nrules: []\n",
  "catalog/trust/people.yaml":
    "people: { somebody: { name: Somebody } }\nroles: { ci: { description: builds, members: [{ person: somebody }] } }\n",
};

/** Writes a checkout into a temporary folder, which goes when the tests of the file are done. */
export function checkoutOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const root = mkdtempSync(join(tmpdir(), "imprimatur-policies-"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, content] of Object.entries({ ...TRUST, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

/**
 * The pack, with one policy enabled and a catalogue to judge by. It ends with the tests of the file.
 * @param env such as IMPRIMATUR_AT; a preview by default
 */
export async function startPolicy(
  policy: string,
  catalogue: string,
  settings: JsonObject = {},
  env: Readonly<Record<string, string>> = { PULUMI_DRY_RUN: "true" },
): Promise<Pack> {
  const config = { all: "disabled", [policy]: { enforcementLevel: "mandatory", catalogue, ...settings } };
  const pack = await startPack({ directory: "policies", config }, ROOT, env);
  afterAll(() => pack.stop());
  return pack;
}

/** What the enabled policies find: refusals, and what they only advise. */
export async function judge(
  pack: Pack,
  ...resources: readonly Registration[]
): Promise<{ readonly refused: readonly Violation[]; readonly advised: readonly Violation[] }> {
  const verdicts = await pack.judge(resources);
  const at = (level: string) => verdicts.filter((each) => each.level === level).flatMap(({ violations }) => violations);
  return { refused: at("mandatory"), advised: at("advisory") };
}

/** Only the messages of what is refused. */
export async function refusals(pack: Pack, ...resources: readonly Registration[]): Promise<readonly string[]> {
  return (await judge(pack, ...resources)).refused.map(({ message }) => message);
}
