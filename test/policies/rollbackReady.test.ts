import { beforeAll, describe, expect, test } from "vitest";
import type { Pack } from "../../engine/pack.ts";
import type { JsonObject } from "../../release/json.ts";
import { day } from "../release/world.ts";
import { digestOf, SignedPlatform } from "./signedPlatform.ts";
import { judge, refusals, resourceOf, startPolicy, UNKNOWN } from "./support.ts";

const made = { images: { app: "registry.test/app/app" } };
const MODULES = ["app", "fresh", "back", "blocked", "revoked", "bad"];
const VERSIONS = ["1.0.0", "1.1.0", "1.2.0"];
const platform = new SignedPlatform(
  Object.fromEntries(MODULES.map((name) => [name, { images: { app: { repository: "registry.test/app/app" } } }])),
  Object.fromEntries(MODULES.flatMap((name) => VERSIONS.map((version) => [`${name} ${version}`, made]))),
);

let pack: Pack;
beforeAll(async () => {
  const blessings = new Map<string, string | undefined>();
  for (const name of MODULES) {
    for (const version of VERSIONS) {
      const [blessing] = await platform.blessed(`${name} ${version}`, ["prod"]);
      blessings.set(`${name} ${version}`, blessing);
    }
  }
  const settle = (at: number, ...words: string[]) =>
    platform.settled("prod", day(at), Object.fromEntries(words.map((word) => [word, blessings.get(word)])));
  await settle(11, "app 1.0.0", "back 1.0.0", "blocked 1.0.0", "revoked 1.0.0");
  await settle(12, "app 1.1.0", "back 1.1.0", "blocked 1.1.0", "revoked 1.1.0");
  await settle(12, "bad 1.0.0");
  await settle(12, "bad 1.1.0");
  await settle(12, "bad 1.2.0");
  await platform.blocked("bad 1.2.0");
  // Taken back: what came in between is blocked.
  await settle(13, "back 1.0.0");
  await platform.blocked("back 1.1.0");
  await platform.blocked("blocked 1.0.0");
  await platform.revoked("revoked 1.0.0");
  pack = await startPolicy("rollback-ready", platform.save());
});

const fallback = (words: string) => {
  const { version, manifestDigest } = platform.claim(words);
  return { version, manifestDigest };
};
const component = (words: string, more: object, stack = "prod", kind = "ModuleRelease") =>
  resourceOf(`imprimatur:release:${kind}`, "it", { ...platform.claim(words), ...more } as JsonObject, {
    stack,
    custom: false,
  });
const judged = (words: string, previous?: unknown, stack = "prod", kind?: string) =>
  refusals(pack, component(words, previous === undefined ? {} : { previous }, stack, kind));

describe.each(["ModuleRelease", "PublishedRelease"])("a %s", (kind) => {
  test("falls back on what ran last besides it", async () => {
    expect(await judged("app 1.1.0", fallback("app 1.0.0"), "prod", kind)).toEqual([]);
    // A promotion: what runs becomes the previous one.
    expect(await judged("app 1.2.0", fallback("app 1.1.0"), "prod", kind)).toEqual([]);
  });

  test("that pins none is refused, with the pins that mend it", async () => {
    const { refused } = await judge(pack, component("app 1.1.0", {}, "prod", kind));
    const pins = ["1.1.0", "1.0.0"]
      .map((version) => `${version}@${platform.manifestDigest(`app ${version}`)}`)
      .join(", ");
    expect(refused).toEqual([
      {
        urn: `urn:pulumi:prod::fixture::imprimatur:release:${kind}::it`,
        message: "prod pins nothing to fall back on from app 1.1.0",
        remedy: `write [${pins}] under imprimatur:modules.app of Pulumi.prod.yaml`,
      },
    ]);
  });
});

test("another release than the one that ran last is refused", async () => {
  expect(await judged("app 1.2.0", fallback("app 1.0.0"))).toEqual([
    "its previous release is app 1.0.0, and prod has last run app 1.1.0",
  ]);
  expect(await judged("app 1.1.0", fallback("app 1.1.0"))).toEqual([
    "its previous release is app 1.1.0, and prod has last run app 1.0.0",
  ]);
});

test("a first installation needs none", async () => {
  expect(await judged("fresh 1.0.0")).toEqual([]);
});

test("a revoked or blocked one is no way back", async () => {
  expect(await judged("revoked 1.1.0", fallback("revoked 1.0.0"))).toEqual([
    "its previous release is of revoked 1.0.0, which must not run\n  refused  revoked by operator: it loses data",
  ]);
  expect(await judged("blocked 1.1.0", fallback("blocked 1.0.0"))).toEqual([
    "its previous release is of blocked 1.0.0, which is not blessed for prod\n  refused  blocked by operator: it crashes",
  ]);
});

test("what is blocked is no way back while it still runs, so that it can be taken back", async () => {
  expect(await judged("bad 1.1.0", fallback("bad 1.0.0"))).toEqual([]);
});

test("after a rollback nothing is left to fall back on: that is an advice, or there would be no way back", async () => {
  const { refused, advised } = await judge(pack, component("back 1.0.0", {}));
  expect(refused).toEqual([]);
  expect(advised.map(({ message }) => message)).toEqual([
    "prod pins nothing to fall back on from back 1.0.0, and nothing that it has run may run again",
  ]);
});

test.each([
  ["unknown", UNKNOWN],
  ["a text", "1.0.0"],
  ["without a digest", { version: "1.0.0" }],
  ["of an unknown version", { version: UNKNOWN, manifestDigest: digestOf("x") }],
])("a previous release that is %s is refused", async (_, previous) => {
  expect(await judged("app 1.1.0", previous)).toEqual([
    "the version and manifest digest of its previous release cannot both be known before an update",
  ]);
});

test("what the catalogue has not, or with other bytes, is refused", async () => {
  expect(await judged("app 1.1.0", { version: "0.9.0", manifestDigest: digestOf("x") })).toEqual([
    "its previous release: app 0.9.0 is not in the catalogue, so it cannot be judged",
  ]);
  expect((await judged("app 1.1.0", { ...fallback("app 1.0.0"), manifestDigest: digestOf("x") }))[0]).toMatch(
    /^its previous release: app 1\.0\.0 has the manifest digest sha256:\w+ in the catalogue, not sha256:/,
  );
  expect(await refusals(pack, component("app 1.1.0", { version: UNKNOWN }))).toEqual([
    "its module, version and manifest digest cannot all be known before an update",
  ]);
});

test("where no blessing is asked for, nothing is", async () => {
  expect(await judged("app 1.1.0", undefined, "dev")).toEqual([]);
});

test("a broken ledger says nothing, so nothing passes on it", async () => {
  platform.written.set("catalog/ledger/prod/000007.sigstore.json", new TextEncoder().encode("{}"));
  const broken = await startPolicy("rollback-ready", platform.save());
  const [message] = await refusals(broken, component("app 1.1.0", { previous: fallback("app 1.0.0") }));
  expect(message).toMatch(/^what ran before cannot be told: catalog\/ledger\/prod\/000007\.sigstore\.json /);
});

test("it takes no settings", async () => {
  const strict = await startPolicy("rollback-ready", platform.save(), { depth: 2 });
  expect(await refusals(strict, component("app 1.1.0", {}))).toEqual([
    'cannot be judged: the configuration of the policy pack rollback-ready: Unrecognized key: "depth"',
  ]);
});
