import { beforeAll, expect, test } from "vitest";
import type { Pack } from "../../engine/pack.ts";
import type { JsonObject } from "../../release/json.ts";
import { slotName } from "../../release/slots.ts";
import { day } from "../release/world.ts";
import { CONFIG, digestOf, SignedPlatform } from "./signedPlatform.ts";
import { judge, refusals, resourceOf, startPolicy, UNKNOWN } from "./support.ts";

const CHART = "registry.test/charts/web";
const made = { images: { web: "registry.test/app/web" }, chart: CHART };
const VERSIONS = ["1.0.0", "1.1.0", "1.2.0", "1.3.0"];
const platform = new SignedPlatform(
  {
    web: {
      chart: CHART,
      images: { web: { repository: "registry.test/app/web" } },
      strategy: "slot",
      route: { port: 80 },
    },
  },
  Object.fromEntries(VERSIONS.map((version) => [`web ${version}`, made])),
);

function slotOf(version: string, configHash = CONFIG): string {
  const release = platform.catalogue.release("web", version);
  if (release === undefined) throw new Error(`there is no web ${version}`);
  return slotName(release, configHash);
}

/** What `inspect` would have signed of a version in production. */
function inventoryOf(version: string, objects: (slot: string) => { kind: string; name: string }[]) {
  const slot = slotOf(version);
  const inventory = {
    configHash: CONFIG,
    valuesHash: CONFIG,
    chart: { name: "web", version, digest: digestOf(`web ${version} chart`) },
    helm: "v3.22.0",
    kubernetes: "1.36.0",
    images: [],
    release: slot,
    objects: [{ kind: "Service", name: slot, selector: { app: slot } }, ...objects(slot)],
    asks: [],
  };
  return platform.evidenceOf(`web ${version}`, "image-inventory", { in: "prod", inventory });
}

let pack: Pack;
beforeAll(async () => {
  for (const version of VERSIONS) {
    const [blessing] = await platform.blessed(`web ${version}`, ["prod"]);
    if (version === "1.0.0") await platform.settled("prod", day(11), { "web 1.0.0": blessing });
  }
  await inventoryOf("1.0.0", (name) => [{ kind: "Deployment", name }]);
  await inventoryOf("1.1.0", (name) => [{ kind: "Deployment", name }]);
  await inventoryOf("1.2.0", (name) => [
    { kind: "StatefulSet", name },
    { kind: "Secret", name: "web" },
  ]);
  pack = await startPolicy("slot-ready", platform.save());
});

const slot = (version: string, more: JsonObject = {}) => {
  const { manifestDigest } = platform.claim(`web ${version}`);
  return { version, manifestDigest, configHash: CONFIG, slot: slotOf(version), ...more };
};
const component = (version: string, more: JsonObject = {}, stack = "prod") =>
  resourceOf(
    "imprimatur:release:SlottedRelease",
    "web",
    { module: "web", ...slot(version), ...more },
    { stack, custom: false },
  );

test("a slot whose inventory shows nothing that collides passes, and so does the one that stays", async () => {
  expect(await refusals(pack, component("1.1.0", { kept: slot("1.0.0") }))).toEqual([]);
});

test("state that would be doubled and names that would collide are refused, for a canary too", async () => {
  const found = [
    "web 1.2.0 cannot stand beside another release: Secret web has the same name in every slot, so they would collide",
    `web 1.2.0 cannot stand beside another release: StatefulSet ${slotOf("1.2.0")} holds state, which would be doubled`,
  ];
  expect([...(await refusals(pack, component("1.2.0")))].sort()).toEqual(found);
  expect([...(await refusals(pack, component("1.1.0", { canary: slot("1.2.0") })))].sort()).toEqual(found);
});

test("without an inventory it is refused where a blessing is asked for, with the command that makes one", async () => {
  const { refused } = await judge(pack, component("1.3.0"));
  expect(refused).toEqual([
    {
      urn: "urn:pulumi:prod::fixture::imprimatur:release:SlottedRelease::web",
      message: "no signed inventory shows that web 1.3.0 can stand beside another release",
      remedy: "npx imprimatur inspect web 1.3.0 --for prod --sign",
    },
  ]);
  expect(await refusals(pack, component("1.3.0", {}, "dev"))).toEqual([]);
});

test("other values under the name of a slot are refused: nothing in it is changed", async () => {
  const other = "e".repeat(64);
  expect(await refusals(pack, component("1.1.0", { configHash: other }))).toEqual([
    `the slot of web 1.1.0, as configured, is ${slotOf("1.1.0", other)}; what is in ${slotOf("1.1.0")} would be changed under its name`,
  ]);
});

test("what stays is what ran, as it ran", async () => {
  const other = "e".repeat(64);
  const kept = slot("1.0.0", { configHash: other, slot: slotOf("1.0.0", other) });
  expect(await refusals(pack, component("1.1.0", { kept }))).toEqual([
    "no signed inventory shows that web 1.0.0 can stand beside another release",
    "the previous slot would be made anew: web 1.0.0 has not run in prod as it would be configured",
  ]);
});

test("what cannot be known before an update is refused", async () => {
  const message = "its module, version and manifest digest cannot all be known before an update";
  expect(await refusals(pack, component("1.1.0", { slot: UNKNOWN }))).toEqual([message]);
  expect(await refusals(pack, component("1.1.0", { kept: UNKNOWN }))).toEqual([message]);
  expect(await refusals(pack, component("1.1.0", { canary: { version: "1.2.0" } }))).toEqual([message]);
});
