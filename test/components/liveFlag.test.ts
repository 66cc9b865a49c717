import { expect, test } from "vitest";
import { LiveFlag, type LiveFlagArgs } from "../../components/liveFlag.ts";
import { record } from "./record.ts";

const args: LiveFlagArgs = {
  url: "https://unleash.test",
  project: "default",
  environment: "production",
  flag: "FEATURE_LIVE",
  description: "The live page (owner: team)",
};

test("one resource, whose inputs do not say whether the flag is on", async () => {
  const given = structuredClone(args);
  expect(await record((opts) => new LiveFlag("web-FEATURE_LIVE", given, opts))).toEqual([
    {
      type: "pulumi-nodejs:dynamic:Resource",
      name: "web-FEATURE_LIVE",
      inputs: { ...args, __provider: expect.stringContaining("exports.handler") },
      dependsOn: [],
      protect: false,
    },
  ]);
  expect(given).toEqual(args);
});

test("the provider is the same text whatever it makes, and takes nothing from this process along", async () => {
  const text = async (changes: Partial<LiveFlagArgs>) => {
    const [made] = await record((opts) => new LiveFlag("flag", { ...args, ...changes }, opts));
    return String(made?.inputs.__provider);
  };
  const provider = await text({});
  expect(await text({ flag: "FEATURE_OTHER", description: "" })).toBe(provider);
  expect(provider).not.toContain(process.cwd());
});
