import { execFileSync } from "node:child_process";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { offlineEngine } from "../../engine/offline.ts";
import type { JsonObject } from "../../release/json.ts";
import { SignedPlatform } from "./signedPlatform.ts";
import { checkoutOf, ROOT } from "./support.ts";

const PAGE = readFileSync(join(ROOT, "docs/other-projects.md"), "utf8");

/** The block of the page that starts with the name of its file, as a comment. */
function block(file: string): string {
  const found = [...PAGE.matchAll(/```\w+\n(?:#|\/\/) (\S+)\n([\s\S]*?)```/g)].find(([, name]) => name === file)?.[2];
  if (found === undefined) throw new Error(`the page has no ${file}`);
  return found;
}

const APP = "registry.test/app/app";
const platform = new SignedPlatform(
  { app: { images: { app: { repository: APP } } } },
  { "app 1.0.0": { images: { app: APP } } },
);
const catalogue = platform.save();
const project = checkoutOf({
  "Pulumi.yaml": block("Pulumi.yaml"),
  "index.ts": block("index.ts"),
  "package.json": '{ "type": "module" }',
});

let config: JsonObject;
beforeAll(() => {
  symlinkSync(join(ROOT, "node_modules"), join(project, "node_modules"));
  const command = [join(ROOT, "cli/main.ts"), "-C", ROOT, "policies", "--catalogue", catalogue];
  const text = execFileSync(process.execPath, command, { encoding: "utf8" });
  writeFileSync(join(project, "policies.json"), text);
  config = JSON.parse(text);
});

/** What the pack refuses of the page's project, judged by a catalogue that is neither in the project nor beside the pack. */
async function refusals(stack: string): Promise<readonly string[]> {
  const pack = { directory: join(ROOT, "policies"), config };
  const stacks = [{ name: stack, config: {}, secretKeys: [] }];
  const [result] = await offlineEngine.preview(stacks, { root: project, pack, env: { PULUMI_DRY_RUN: "true" } });
  return (result?.verdicts ?? [])
    .filter(({ level }) => level === "mandatory")
    .flatMap(({ policy, violations }) => violations.map(({ message }) => `${policy}: ${message}`));
}

test("the page's project is refused in prod for its image alone, and passes in dev", async () => {
  const image = `the image "${APP}:1.0.0" at spec.template.spec.containers[0].image`;
  expect(await refusals("prod")).toEqual([
    `blessed-images: ${image} has no digest, so no release can be told from it`,
    `image-digest-only: ${image} is not pinned by its digest`,
  ]);
  expect(await refusals("dev")).toEqual([]);
});

test("a stack that the catalogue does not know is refused", async () => {
  const found = await refusals("elsewhere");
  expect(found.length).toBeGreaterThan(0);
  expect(found.filter((message) => !message.includes("catalog/trust/stacks.yaml"))).toEqual([]);
});
