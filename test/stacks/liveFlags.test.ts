import { expect, test } from "vitest";
import { CONFIG, runStack } from "./fixture.ts";

const DYNAMIC = "pulumi-nodejs:dynamic:Resource";
const unleash = { url: "https://unleash.example", project: "small", environment: "production" };

test("a flag that is switched at once is declared in the stack's Unleash, whatever it is set to", async () => {
  const config = { ...CONFIG, "imprimatur:unleash": unleash };
  const found = async (flags: object) => {
    const { plan, unjudged, log } = await runStack("lower", { ...config, ...flags });
    expect({ unjudged, log }).toEqual({ unjudged: [], log: [] });
    return plan.resources.filter(({ type }) => type === DYNAMIC);
  };
  const declared = await found({});
  expect(declared).toEqual([
    expect.objectContaining({
      name: "store-FEATURE_LIVE",
      inputs: {
        ...unleash,
        flag: "FEATURE_LIVE",
        description: "Faster writes (owner: team)",
        __provider: expect.any(String),
      },
      dependencies: [],
    }),
  ]);
  expect(await found({ "imprimatur:flags": { store: { FEATURE_LIVE: "on" } } })).toEqual(declared);
});

test("without an Unleash it is declared nowhere", async () => {
  const { plan } = await runStack("lower");
  expect(plan.resources.filter(({ type }) => type === DYNAMIC)).toEqual([]);
});
