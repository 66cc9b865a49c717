import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startPack } from "../../engine/pack.ts";
import { ROOT } from "./support.ts";

const FOLDER = join(ROOT, "policies/presets");
const presets = readdirSync(FOLDER).map((file) => file.replace(".json", ""));

async function levels(preset: string): Promise<readonly string[]> {
  const config = JSON.parse(readFileSync(join(FOLDER, `${preset}.json`), "utf8"));
  const pack = await startPack({ directory: "policies", config }, ROOT);
  await pack.stop();
  return [...new Set(pack.policies.map(({ level }) => level))];
}

test("there are three presets", () => {
  expect(presets).toEqual(["advisory", "standard", "strict"]);
});

describe("the pack takes the preset", () => {
  test.each([
    ["advisory", "advisory"],
    ["standard", "mandatory"],
    ["strict", "mandatory"],
  ])("%s, in which every policy is %s", async (preset, level) => {
    expect(await levels(preset)).toEqual([level]);
  });
});
