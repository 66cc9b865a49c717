import { beforeAll, describe, expect, test } from "vitest";
import type { Pack } from "../../engine/pack.ts";
import { type JsonObject, sha256 } from "../../release/json.ts";
import { policyWaiverFolder, urnDigest } from "../../release/policyWaivers.ts";
import { recordFileName } from "../../release/records.ts";
import { CHANNELS } from "../../release/schema/common.ts";
import { RECORDS } from "../../release/schema/predicates.ts";
import { bundleFileDigest } from "../../release/signing/envelope.ts";
import { buildStatement } from "../../release/signing/statement.ts";
import { day, type Who, World } from "../release/world.ts";
import { checkoutOf, judge, refusals, resourceOf, startPolicy, UNKNOWN } from "./support.ts";

/** The floors of the reference platform. */
const FLOORS = `service: { bleed: experimental, dev: experimental, staging: beta, prod: stable }
offered: { bleed: experimental, dev: experimental, staging: experimental, prod: experimental }
`;
const VERSIONS = Object.fromEntries(CHANNELS.map((channel, index) => [channel, `1.${index}.0`]));
const image = { repository: "registry.test/x", digest: `sha256:${"a".repeat(64)}` };

function manifest(module: string, channel: string): string {
  const version = VERSIONS[channel];
  return JSON.stringify({
    module,
    version,
    channel,
    commit: "a".repeat(40),
    appVersion: version,
    images: { x: image },
  });
}
const MODULES = { svc: "service", lab: "offered" };
const files = {
  "catalog/trust/channels.yaml": FLOORS,
  ...Object.fromEntries(
    Object.entries(MODULES).flatMap(([module, purpose]) => [
      [
        `catalog/modules/${module}.yaml`,
        JSON.stringify({ description: "x", purpose, owners: ["team"], maturity: "mature" }),
      ],
      ...CHANNELS.map((channel) => [`catalog/releases/${module}/${VERSIONS[channel]}.json`, manifest(module, channel)]),
    ]),
  ),
};

let pack: Pack;
beforeAll(async () => {
  pack = await startPolicy("channel", checkoutOf(files));
});

const release = (module: string, channel: string, stack: string, more: object = {}, kind = "ModuleRelease") => {
  const manifestDigest = `sha256:${sha256(manifest(module, channel))}`;
  // What a component says of its channel counts for nothing.
  const inputs = { module, version: VERSIONS[channel], manifestDigest, channel: "stable", purpose: "offered", ...more };
  return resourceOf(`imprimatur:release:${kind}`, "it", inputs as JsonObject, { stack, custom: false });
};

describe("the lattice", () => {
  const floors: Record<string, Record<string, string>> = {
    svc: { bleed: "experimental", dev: "experimental", staging: "beta", prod: "stable" },
    lab: { bleed: "experimental", dev: "experimental", staging: "experimental", prod: "experimental" },
  };
  const cells = Object.entries(floors).flatMap(([module, stacks]) =>
    Object.entries(stacks).flatMap(([stack, floor]) =>
      CHANNELS.map(
        (channel) => [module, channel, stack, CHANNELS.indexOf(channel) >= CHANNELS.indexOf(floor as never)] as const,
      ),
    ),
  );
  test.each(cells)("%s of channel %s in %s: admitted is %s", async (module, channel, stack, admitted) => {
    expect((await refusals(pack, release(module, channel, stack))).length === 0).toBe(admitted);
  });
});

test("a refusal says what is admitted, and which release is", async () => {
  expect((await judge(pack, release("svc", "edge", "prod"))).refused).toEqual([
    {
      urn: "urn:pulumi:prod::fixture::imprimatur:release:ModuleRelease::it",
      message: "svc 1.1.0 is of channel edge; prod admits a service module from stable on",
      remedy: "promote a release of channel stable or higher: npx imprimatur preview prod --set svc=1.4.0",
    },
  ]);
});

test("a published release is judged as well", async () => {
  expect(await refusals(pack, release("svc", "alpha", "prod", {}, "PublishedRelease"))).toHaveLength(1);
  expect(await refusals(pack, release("lab", "alpha", "prod", {}, "PublishedRelease"))).toEqual([]);
});

test.each([
  ["an unknown version", { version: UNKNOWN }, /cannot all be known before an update$/],
  ["an unknown manifest digest", { manifestDigest: UNKNOWN }, /cannot all be known before an update$/],
  ["a module of a wrong type", { module: 5 }, /cannot all be known before an update$/],
  ["no version", { version: null }, /cannot all be known before an update$/],
  ["a release that is not there", { version: "9.0.0" }, /^svc 9\.0\.0 is not in the catalogue/],
  ["a module that is not there", { module: "nothing" }, /^nothing 1\.4\.0 is not in the catalogue/],
  [
    "the manifest digest of another release",
    { manifestDigest: `sha256:${"b".repeat(64)}` },
    /^svc 1\.4\.0 has the manifest digest/,
  ],
])("%s is refused, in every class", async (_, more, message) => {
  for (const stack of ["dev", "prod"]) {
    const found = await refusals(pack, release("svc", "stable", stack, more));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
  }
});

describe("a skip of the lattice", () => {
  const resource = release("svc", "edge", "prod");
  const message = "svc 1.1.0 is of channel edge; prod admits a service module from stable on";
  const waived = async (signers: readonly Who[], expires: Date) => {
    const world = new World({
      ...files,
      "catalog/trust/stacks.yaml": `judgedAt: ${day(5).toISOString()}\nstacks: { prod: { class: prod } }\n`,
    });
    const predicate = { rule: "channel", stack: "prod", reason: "the fix cannot wait", at: day(1).toISOString() };
    const subject = [{ name: resource.urn, sha256: urnDigest(resource.urn).slice("sha256:".length) }];
    const statement = buildStatement(subject, RECORDS.waiver.type, { ...predicate, expires: expires.toISOString() });
    for (const who of signers) {
      const bytes = await world.sign(who, statement);
      world.written.set(`${policyWaiverFolder("prod")}/${recordFileName("waiver", bundleFileDigest(bytes))}`, bytes);
    }
    const checkout = checkoutOf({ ...world.base, ...Object.fromEntries(world.written) });
    const { refused, advised } = await judge(await startPolicy("channel", checkout), resource);
    return { refused: refused.map((each) => each.message), advised: advised.map((each) => each.message) };
  };

  test("needs a waiver that two people have signed; it stays in the plan, as an advice", async () => {
    const { refused, advised } = await waived(["operator", "manager"], day(9));
    expect(refused).toEqual([]);
    expect(advised).toEqual([
      `waived: by manager, operator until ${day(9).toISOString()}: the fix cannot wait\n${message}`,
    ]);
  });

  test("is refused on a waiver of one person, or of one who may not waive", async () => {
    expect(await waived(["operator"], day(9))).toEqual({ refused: [message], advised: [] });
    expect(await waived(["operator", "tester"], day(9))).toEqual({ refused: [message], advised: [] });
  });

  test("is refused once the waiver has run out", async () => {
    expect(await waived(["operator", "manager"], day(4))).toEqual({
      refused: [`${message}\nits waiver ran out at ${day(4).toISOString()}`],
      advised: [],
    });
  });
});

test("other resources are none of its business", async () => {
  expect(
    await refusals(pack, resourceOf("kubernetes:core/v1:ConfigMap", "it", { module: "svc", version: "1.1.0" })),
  ).toEqual([]);
});

test("it takes no settings, and a malformed table refuses everything", async () => {
  const strict = await startPolicy("channel", checkoutOf(files), { floor: "beta" });
  expect(await refusals(strict, release("svc", "stable", "prod"))).toEqual([
    'cannot be judged: the configuration of the policy pack channel: Unrecognized key: "floor"',
  ]);
  const broken = await startPolicy(
    "channel",
    checkoutOf({ ...files, "catalog/trust/channels.yaml": "service: stable\n" }),
  );
  expect((await refusals(broken, release("svc", "stable", "prod")))[0]).toMatch(
    /^cannot be judged: catalog\/trust\/channels\.yaml/,
  );
});
