import { beforeAll, describe, expect, test } from "vitest";
import type { Pack } from "../../engine/pack.ts";
import { prettyJson } from "../../release/json.ts";
import { day, readyWorld, type World } from "../release/world.ts";
import { checkoutOf, judge, refusals, resourceOf, startPolicy, UNKNOWN } from "./support.ts";

const CHART = { repository: "registry.test/charts/app", version: "1.2.3", digest: `sha256:${"c".repeat(64)}` };
const IMAGE = `sha256:${"b".repeat(64)}`;
const manifest = prettyJson({
  module: "app",
  version: "1.0.0",
  channel: "stable",
  commit: "a".repeat(40),
  appVersion: "1.0.0",
  chart: CHART,
  images: { app: { repository: "registry.test/app/app", digest: IMAGE } },
});
const formality = (window: string) => `blessed: []
rules:
  - { name: the one rule, when: { classes: [prod] }, require: { window: ${window} } }
`;
/** Thursdays from 15:00 to 16:00 UTC; frozen on 20 January, a Tuesday. */
const calendar = `windows:
  thursdays: { description: x, stacks: [prod], zone: UTC, starts: 2026-01-01T15:00, repeats: FREQ=WEEKLY;BYDAY=TH, minutes: 60 }
freezes:
  audit: { from: 2026-01-20T00:00:00Z, until: 2026-01-21T00:00:00Z, stacks: [prod], reason: the auditors are here }
`;
const CLOSED = "2026-01-14T15:30:00Z";
const OPEN = "2026-01-15T15:30:00Z";
const FROZEN = "2026-01-20T12:00:00Z";

async function worldWith(changes: Readonly<Record<string, string>> = {}): Promise<World> {
  return readyWorld({
    "catalog/trust/calendar.yaml": calendar,
    "catalog/trust/formality.yaml": formality("always"),
    "catalog/releases/app/1.0.0.json": manifest,
    ...changes,
  });
}

/** The pack as an update runs it at an instant, or a preview. */
function packAt(world: World, at: string, { preview = false, settings = {} } = {}): Promise<Pack> {
  const stacks = `judgedAt: ${at}\nstacks: { prod: { class: prod } }\n`;
  const files = { ...world.base, ...Object.fromEntries(world.written), "catalog/trust/stacks.yaml": stacks };
  return startPolicy("window-and-freeze", checkoutOf(files), settings, preview ? { PULUMI_DRY_RUN: "true" } : {});
}

let world: World;
let running: World;
beforeAll(async () => {
  world = await worldWith();
  running = await worldWith();
  await running.apply("author", day(5), null);
});

const release = (more = {}) => {
  const { manifestDigest } = world.candidate().release;
  const claim = { module: "app", version: "1.0.0", manifestDigest, configHash: "c".repeat(64), ...more };
  return resourceOf("imprimatur:release:ModuleRelease", "app", claim, { custom: false });
};
const closed = `app 1.0.0 goes into a window on prod, and none is open at ${CLOSED}; the next is thursdays, from 2026-01-15T15:00:00Z to 2026-01-15T16:00:00Z`;

describe("a release that has to go into a window", () => {
  test("is refused outside one at an update, with the time of the next", async () => {
    expect((await judge(await packAt(world, CLOSED), release())).refused).toEqual([
      { urn: release().urn, message: closed, remedy: "npx imprimatur up prod, from 2026-01-15T15:00:00Z on" },
    ]);
  });

  test("is only advised of it at a preview", async () => {
    const { refused, advised } = await judge(await packAt(world, CLOSED, { preview: true }), release());
    expect(refused).toEqual([]);
    expect(advised.map(({ message }) => message)).toEqual([closed]);
  });

  test("passes in one", async () => {
    expect(await judge(await packAt(world, OPEN), release())).toEqual({ refused: [], advised: [] });
  });

  test("passes at any time where it runs already by the ledger", async () => {
    expect(await refusals(await packAt(running, CLOSED), release())).toEqual([]);
  });

  test("is refused where the calendar has none", async () => {
    const bare = await worldWith({ "catalog/trust/calendar.yaml": "windows: {}\n" });
    const { refused } = await judge(await packAt(bare, CLOSED), release());
    expect(refused.map(({ message, remedy }) => [message, remedy])).toEqual([
      [
        `app 1.0.0 goes into a window on prod, and none is open at ${CLOSED}; the calendar has none to come`,
        "declare one for prod in catalog/trust/calendar.yaml",
      ],
    ]);
  });

  test("also counts where there is no chart and it is published", async () => {
    const published = { ...release(), type: "imprimatur:release:PublishedRelease" };
    expect(await refusals(await packAt(world, CLOSED), published)).toEqual([closed]);
  });

  test("that cannot be known is refused", async () => {
    const pack = await packAt(world, OPEN);
    const unknown = "its module, version and manifest digest cannot all be known before an update";
    expect(await refusals(pack, release({ manifestDigest: UNKNOWN }))).toEqual([unknown]);
    expect(await refusals(pack, release({ version: 1 }))).toEqual([unknown]);
    expect(await refusals(pack, release({ version: "1.0.1" }))).toEqual([
      "app 1.0.1 is not in the catalogue, so it cannot be judged",
    ]);
  });
});

describe("a release that needs a window only if it disrupts", () => {
  test("passes without one where its nature does not, which a setting decides", async () => {
    const lenient = await worldWith({ "catalog/trust/formality.yaml": formality("if-disruption") });
    expect(await refusals(await packAt(lenient, CLOSED), release())).toEqual([]);
    const strict = await packAt(lenient, CLOSED, { settings: { disruptive: ["feature"] } });
    expect(await refusals(strict, release())).toEqual([
      closed.replace("goes into a window", "is of nature feature, so it goes into a window"),
    ]);
  });

  test("no window is asked of what needs none", async () => {
    const free = await worldWith({ "catalog/trust/formality.yaml": formality("none") });
    expect(await refusals(await packAt(free, CLOSED), release())).toEqual([]);
  });
});

describe("in a freeze", () => {
  const frozen = "and prod is frozen until 2026-01-21T00:00:00Z (audit: the auditors are here)";
  const refused = (what: string) => `${what} is of no release that prod runs or ran by its ledger, ${frozen}`;
  const deployment = (image: string, more = {}) =>
    resourceOf("kubernetes:apps/v1:Deployment", "web", {
      spec: { template: { spec: { containers: [{ name: "web", image }] } }, ...more },
    });
  let pack: Pack;
  beforeAll(async () => {
    pack = await packAt(running, FROZEN);
  });

  test("what runs passes, with any number of replicas, and so does what has no image", async () => {
    expect(await refusals(pack, release())).toEqual([]);
    expect(await refusals(pack, deployment(`registry.test/app/app@${IMAGE}`, { replicas: 9 }))).toEqual([]);
    const flags = resourceOf("kubernetes:core/v1:ConfigMap", "flags", { data: { FEATURE_X: "true" } });
    const certificate = resourceOf("kubernetes:cert-manager.io/v1:Certificate", "c", { spec: { dnsNames: ["x"] } });
    expect(await refusals(pack, flags, certificate)).toEqual([]);
  });

  test("a release that does not run yet is refused, also in a window", async () => {
    const { refused: found } = await judge(await packAt(world, FROZEN), release());
    expect(found.map(({ message }) => message)).toContain(refused("app 1.0.0"));
  });

  test("an image that does not run is refused, whoever declares it", async () => {
    const other = `registry.test/app/app@sha256:${"d".repeat(64)}`;
    expect((await judge(pack, deployment(other))).refused).toEqual([
      {
        urn: deployment(other).urn,
        message: refused(`the image "${other}" at spec.template.spec.containers[0].image`),
        remedy:
          "pin what runs or ran, or wait until 2026-01-21T00:00:00Z; only a waiver of window-and-freeze for this resource goes before",
      },
    ]);
    expect(await refusals(pack, deployment(UNKNOWN))).toEqual([
      refused("the image at spec.template.spec.containers[0].image"),
    ]);
    expect(await refusals(pack, deployment("registry.test/app/app:1.0.0"))).toHaveLength(1);
  });

  test.each([
    ["its digest", { chart: `oci://${CHART.repository}@${CHART.digest}` }, 0],
    ["its version", { chart: `oci://${CHART.repository}`, version: "1.2.3" }, 0],
    ["another digest", { chart: `oci://${CHART.repository}@sha256:${"e".repeat(64)}` }, 1],
    ["another version", { chart: `oci://${CHART.repository}`, version: "1.2.4" }, 1],
    ["no version", { chart: `oci://${CHART.repository}` }, 1],
    ["a path", { chart: "./chart" }, 1],
    ["what is unknown", { chart: UNKNOWN }, 1],
  ])("a chart is told by %s", async (_, props, count) => {
    const found = await refusals(pack, resourceOf("kubernetes:helm.sh/v3:Release", "app", props));
    expect(found).toEqual(Array(count).fill(refused("its chart")));
  });

  test("it ends when it says", async () => {
    const thawed = await packAt(running, "2026-01-21T00:00:00Z");
    expect(await refusals(thawed, deployment("registry.test/app/app:1.0.0"))).toEqual([]);
  });
});

test("a calendar that cannot be read refuses, and names what is wrong with it", async () => {
  const broken = await worldWith({ "catalog/trust/calendar.yaml": calendar.replace("zone: UTC", "zone: Mars") });
  const [message] = await refusals(await packAt(broken, OPEN), release());
  expect(message).toMatch(
    /^cannot be judged: catalog\/trust\/calendar\.yaml:2 windows\.thursdays\.zone: must be the name of a time zone/,
  );
});

test("a nature that there is not is refused", async () => {
  await expect(packAt(world, OPEN, { settings: { disruptive: ["huge"] } })).rejects.toThrow(
    /window-and-freeze\.disruptive\.0: Invalid option/,
  );
});
