import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { policiesMarkdown, policiesText } from "../../cli/render/policies.ts";
import { type Pack, startPack } from "../../engine/pack.ts";
import type { PolicyMetadata } from "../../engine/policyMetadata.ts";

const ROOT = join(import.meta.dirname, "../..");
let pack: Pack;
let metadata: readonly PolicyMetadata[];
beforeAll(async () => {
  pack = await startPack({ directory: "policies" }, ROOT);
  metadata = [...pack.metadata].sort((a, b) => (a.name < b.name ? -1 : 1));
});
afterAll(() => pack.stop());

test("docs/policies.md is what the pack says of itself; `npx imprimatur policies --markdown docs/policies.md` renews it", () => {
  expect(readFileSync(join(ROOT, "docs/policies.md"), "utf8")).toBe(policiesMarkdown(metadata));
});

test("every policy says all of itself: severity, framework, tags, remedy, and what each setting means", () => {
  for (const { name, description, severity, framework, tags, remediation, settings } of metadata) {
    expect(severity, name).toMatch(/^(low|medium|high|critical)$/);
    const words = [description, framework?.name, framework?.version, framework?.reference, framework?.specification];
    for (const text of [...words, remediation, tags.join(" ")]) expect(text, name).toMatch(/\S/);
    for (const [key, schema] of Object.entries(settings)) expect(schema.description, `${name}.${key}`).toMatch(/\S/);
  }
});

test("a line for a terminal has name, severity and description", () => {
  const policy = { name: "x", description: "Holds it.", severity: "high", tags: [], remediation: "", settings: {} };
  expect(policiesText([policy])).toBe("x  high      Holds it.");
});
