import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../release/json.ts";
import type { Release } from "../../release/schema/manifest.ts";
import { type ChartObject, Inventory } from "../../release/schema/predicates.ts";
import { slotName, slotProblems, slotService, withoutRelease } from "../../release/slots.ts";
import { configHash } from "../../release/values.ts";

function releaseOf(module: string, version: string, bytes = version): Release {
  return { manifest: { module, version }, manifestDigest: `sha256:${sha256(bytes)}` } as Release;
}

const modules = fc.stringMatching(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/);
const versions = fc.oneof(
  fc.constantFrom("2.3.2+a4d2b90", "1.2.0-edge.4", "roman-12.0.0", "w_2026_30", "1.0.0-A", "1.0.0+a", "1.0.0-a"),
  fc.stringMatching(/^\d{1,3}\.\d{1,3}\.\d{1,3}([-+][0-9A-Za-z.-]{1,60})?$/),
);
const values = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.oneof(fc.integer(), fc.string(), fc.boolean()));

describe("the name of a slot", () => {
  it("has module and version for people, then what holds that nothing in it changes", () => {
    const release = releaseOf("maya-ui", "2.3.2+a4d2b90");
    const hash = "c".repeat(64);
    const digest = release.manifestDigest.slice(7, 13);
    expect(slotName(release, hash)).toBe(`maya-ui-2-3-2-a4d2b90-${digest}-cccccccc`);
    expect(slotService("{slot}-http", slotName(release, hash))).toBe(`maya-ui-2-3-2-a4d2b90-${digest}-cccccccc-http`);
  });

  it("is one that Helm and Kubernetes take, whatever the module and version are called", () => {
    fc.assert(
      fc.property(modules, versions, values, (module, version, config) => {
        const name = slotName(releaseOf(module, version), configHash(config));
        expect(name).toMatch(/^[a-z]([a-z0-9-]*[a-z0-9])?$/);
        expect(name.length).toBeLessThanOrEqual(53);
        expect(`${name}-sanity`.length).toBeLessThanOrEqual(63);
      }),
    );
  });

  it("is another one for other bytes or values, and the same where only replicas differ", () => {
    fc.assert(
      fc.property(modules, versions, versions, values, values, fc.nat(), (module, one, two, before, after, count) => {
        const name = slotName(releaseOf(module, one), configHash(before));
        expect(slotName(releaseOf(module, one), configHash({ ...before, replicaCount: count }))).toBe(name);
        const same = one === two && configHash(before) === configHash(after);
        expect(slotName(releaseOf(module, two), configHash(after)) === name).toBe(same);
        // A version that was cut again with other bytes is another slot.
        expect(slotName(releaseOf(module, one, `${one} again`), configHash(before))).not.toBe(name);
      }),
    );
  });

  it("is the same for every stack without what is the release's", () => {
    const names = ["2.3.2+a4d2b90", "2.4.0+0e6b1f8"].map((version) =>
      slotName(releaseOf("maya-ui", version), "f".repeat(64)),
    );
    expect(names.map(withoutRelease)).toEqual(["maya-ui", "maya-ui"]);
    expect(withoutRelease(`${names[0]}-sanity`)).toBe("maya-ui-sanity");
    expect(withoutRelease("maya-ui")).toBe("maya-ui");
  });
});

describe("a chart beside itself", () => {
  const slot = "web-1-0-0-aaaaaa-bbbbbbbb";
  const labels = { app: "web", instance: slot };
  const service: ChartObject = { kind: "Service", name: slot, selector: labels };
  const inventory = (...objects: ChartObject[]) =>
    Inventory.parse({
      configHash: "b".repeat(64),
      valuesHash: "b".repeat(64),
      chart: { name: "web", version: "1.0.0" },
      helm: "v3",
      kubernetes: "1.36.0",
      images: [],
      asks: [],
      release: slot,
      objects,
    });
  const problems = (...objects: ChartObject[]) => slotProblems(inventory(...objects), slot, slot);

  it("is fine where all is called after the slot and selects the slot's own Pods", () => {
    const config = { kind: "ConfigMap", name: `${slot}-settings` };
    expect(problems(service, { kind: "Deployment", name: slot, selector: labels }, config)).toEqual([]);
  });

  it.each<[string, ChartObject, string]>([
    ["a name without the slot's", { kind: "ConfigMap", name: "web" }, "ConfigMap web has the same name in every slot"],
    ["a StatefulSet", { kind: "StatefulSet", name: slot, selector: labels }, `StatefulSet ${slot} holds state`],
    ["a claim", { kind: "PersistentVolumeClaim", name: slot }, `PersistentVolumeClaim ${slot} holds state`],
    ["a route of its own", { kind: "Ingress", name: slot }, `Ingress ${slot} brings traffic to the slot`],
    [
      "a selector for all",
      { kind: "Deployment", name: slot, selector: { app: "web" } },
      `Deployment ${slot} selects the Pods`,
    ],
  ])("is refused for %s", (_, object, message) => {
    expect(problems(service, object)).toEqual([expect.stringContaining(message)]);
  });

  it("is refused where its Service is missing, or the inventory is of something else or says nothing", () => {
    expect(problems()).toEqual([`it renders to no Service ${slot}, which is to get its traffic`]);
    expect(slotProblems({ ...inventory(service), release: "web" }, slot, slot)).toEqual([
      `its inventory is of the Helm release web, not of ${slot}`,
    ]);
    const { objects: _, ...older } = inventory(service);
    expect(slotProblems(older, slot, slot)).toEqual(["its inventory does not say which objects it renders to"]);
  });
});
