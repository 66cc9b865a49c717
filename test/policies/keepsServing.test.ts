import { beforeAll, expect, test } from "vitest";
import type { Pack } from "../../engine/pack.ts";
import type { JsonObject } from "../../release/json.ts";
import type { ChartObject } from "../../release/schema/predicates.ts";
import { day } from "../release/world.ts";
import { CONFIG, digestOf, SignedPlatform } from "./signedPlatform.ts";
import { judge, refusals, resourceOf, startPolicy, UNKNOWN } from "./support.ts";

const CHART = "registry.test/charts/web";
const made = { images: { web: "registry.test/app/web" }, chart: CHART };
/** What the inventory of each version says of its one Deployment; 1.0.0 has none, 1.1.0 one from before it was said. */
const ROLLOUTS: Readonly<Record<string, ChartObject["rollout"]>> = {
  "1.1.0": undefined,
  "1.2.0": { type: "RollingUpdate", maxUnavailable: "0" },
  "1.3.0": { type: "RollingUpdate", maxUnavailable: "25%" },
  "1.4.0": { type: "Recreate" },
  "1.5.0": { type: "RollingUpdate", maxUnavailable: "1" },
};
const VERSIONS = ["1.0.0", ...Object.keys(ROLLOUTS)];
const platform = new SignedPlatform(
  { web: { chart: CHART, images: { web: { repository: "registry.test/app/web" } }, atomic: false } },
  Object.fromEntries(VERSIONS.map((version) => [`web ${version}`, made])),
);

let pack: Pack;
beforeAll(async () => {
  for (const [version, rollout] of Object.entries(ROLLOUTS)) {
    const [blessing] = await platform.blessed(`web ${version}`, ["prod"]);
    if (version === "1.5.0") await platform.settled("prod", day(11), { "web 1.5.0": blessing });
    const inventory = {
      configHash: CONFIG,
      valuesHash: CONFIG,
      chart: { name: "web", version, digest: digestOf(`web ${version} chart`) },
      helm: "v3.22.0",
      kubernetes: "1.36.0",
      images: [],
      release: "web",
      objects: [
        { kind: "Service", name: "web" },
        { kind: "Deployment", name: "web", ...(rollout && { rollout }) },
      ],
      asks: [],
    };
    await platform.evidenceOf(`web ${version}`, "image-inventory", { in: "prod", inventory });
  }
  pack = await startPolicy("keeps-serving", platform.save());
});

const component = (version: string, more: JsonObject = {}, stack = "prod") =>
  resourceOf(
    "imprimatur:release:ModuleRelease",
    "web",
    { ...platform.claim(`web ${version}`), configHash: CONFIG, atomic: false, ...more },
    { stack, custom: false },
  );

test("a chart that keeps its old Pods until new ones are ready passes, and one that nothing is known of", async () => {
  for (const version of ["1.0.0", "1.1.0", "1.2.0"]) expect(await refusals(pack, component(version))).toEqual([]);
});

test("a chart that may end old Pods before new ones are ready is refused where a crash is to be seen", async () => {
  const { refused } = await judge(pack, component("1.3.0"));
  const words = "is to be seen first, and its old Pods would not all serve meanwhile";
  expect(refused).toEqual([
    {
      urn: "urn:pulumi:prod::fixture::imprimatur:release:ModuleRelease::web",
      message: `a crash of web 1.3.0 ${words}: Deployment web may end old Pods before new ones are ready (maxUnavailable 25%)`,
      remedy:
        "have the chart set strategy.rollingUpdate.maxUnavailable to 0, or drop atomic: false from catalog/modules/web.yaml",
    },
  ]);
  expect(await refusals(pack, component("1.4.0"))).toEqual([
    `a crash of web 1.4.0 ${words}: Deployment web ends all old Pods before it starts new ones (Recreate)`,
  ]);
});

test("what is taken back by itself, or is configured otherwise or elsewhere, is not refused by that inventory", async () => {
  expect(await refusals(pack, component("1.3.0", { atomic: true }))).toEqual([]);
  expect(await refusals(pack, component("1.3.0", { configHash: "e".repeat(64) }))).toEqual([]);
  expect(await refusals(pack, component("1.3.0", {}, "staging"))).toEqual([]);
});

test("what has run already is advised against, and may run again", async () => {
  const { refused, advised } = await judge(pack, component("1.5.0"));
  expect(refused).toEqual([]);
  expect(advised.map(({ message }) => message)).toEqual([expect.stringContaining("(maxUnavailable 1)")]);
});

test("what cannot be known before an update is refused", async () => {
  const message = "its module, version and manifest digest cannot all be known before an update";
  for (const unknown of [{ configHash: UNKNOWN }, { atomic: UNKNOWN }, { version: UNKNOWN }]) {
    expect(await refusals(pack, component("1.2.0", unknown))).toEqual([message]);
  }
});
