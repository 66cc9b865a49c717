import { expect, test } from "vitest";
import { CanaryRelease, type CanaryReleaseArgs } from "../../components/canaryRelease.ts";
import { record } from "./record.ts";

const release = (version: string) => ({ version, manifestDigest: `sha256:${"a".repeat(64)}` });
const args: CanaryReleaseArgs = {
  module: "rules",
  stable: release("1.0.1"),
  canary: release("1.0.2"),
  ladder: [5, 100],
  flag: {
    url: "https://unleash.test",
    project: "default",
    environment: "production",
    flag: "rules-canary",
    description: "Who gets it",
    ladder: [5, 100],
    stickiness: "clusterId",
    constraints: [{ field: "clusterId", operator: "NOT_IN", values: ["a"] }],
  },
};

test("two releases and the flag between them, whose inputs say nothing of how many have the canary", async () => {
  const given = structuredClone(args);
  const resources = await record((opts) => new CanaryRelease("rules-canary", given, opts));

  expect(resources).toEqual([
    { type: "imprimatur:release:CanaryRelease", name: "rules-canary", inputs: args, dependsOn: [], protect: false },
    {
      type: "pulumi-nodejs:dynamic:Resource",
      name: "rules-canary",
      inputs: { ...args.flag, __provider: expect.stringContaining("exports.handler") },
      parent: "imprimatur:release:CanaryRelease::rules-canary",
      dependsOn: [],
      protect: false,
    },
  ]);
  expect(given).toEqual(args);
});

test("the provider is the same text whatever it makes, and takes nothing from this process along", async () => {
  const text = async (changes: Partial<CanaryReleaseArgs["flag"]>) => {
    const changed = { ...args, flag: { ...args.flag, ...changes } };
    const resources = await record((opts) => new CanaryRelease("rules-canary", changed, opts));
    return String(resources[1]?.inputs.__provider);
  };
  const provider = await text({});
  expect(await text({ flag: "other", ladder: [1] })).toBe(provider);
  expect(provider).not.toContain(process.cwd());
});
