import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalPlan, type Plan, type PlannedResource } from "../../release/plan.ts";
import { diffPins, diffPlans } from "../../release/planDiff.ts";

function resource(name: string, inputs: Record<string, unknown>, more: Partial<PlannedResource> = {}): PlannedResource {
  const type = more.type ?? "kubernetes:core/v1:ConfigMap";
  const urn = `urn:pulumi:prod::test::${type}::${name}`;
  return { urn, type, name, custom: true, inputs, dependencies: [], options: {}, ...more };
}

const plan = (...resources: PlannedResource[]): Plan => ({ stack: "prod", project: "test", resources });
const ops = (before: Plan | undefined, after: Plan) => diffPlans(before, after).map(({ op, name }) => `${op} ${name}`);
const changes = (before: PlannedResource, after: PlannedResource) => diffPlans(plan(before), plan(after))[0]?.changes;

describe("diffPlans", () => {
  it("creates everything where there is no base", () => {
    expect(ops(undefined, plan(resource("b", {}), resource("a", {})))).toEqual(["create a", "create b"]);
  });

  it("tells created, updated, deleted and unchanged apart", () => {
    const before = plan(resource("gone", {}), resource("kept", { data: { a: "1" } }), resource("same", {}));
    const after = plan(resource("kept", { data: { a: "2" } }), resource("new", {}), resource("same", {}));
    expect(ops(before, after)).toEqual(["delete gone", "update kept", "create new", "same same"]);
  });

  it("names the smallest places that differ, in order of path", () => {
    const before = resource("a", { spec: { replicas: 1, old: true, keep: [1] }, "dotted.key": "x" });
    const after = resource(
      "a",
      { spec: { replicas: 2, keep: [1, 2] }, "dotted.key": "y" },
      { options: { protect: true } },
    );
    expect(changes(before, after)).toEqual([
      { path: "inputs.spec.keep[1]", after: 2 },
      { path: "inputs.spec.old", before: true },
      { path: "inputs.spec.replicas", before: 1, after: 2 },
      { path: 'inputs["dotted.key"]', before: "x", after: "y" },
      { path: "options.protect", after: true },
    ]);
  });

  it("compares lists of named things by name, and still sees another order", () => {
    const containers = (...items: object[]) => resource("a", { containers: items });
    const [web, sidecar] = [
      { name: "web", image: "w@1" },
      { name: "log", image: "l@1" },
    ];
    expect(changes(containers(web), containers(sidecar, { ...web, image: "w@2" }))).toEqual([
      { path: "inputs.containers[log]", after: sidecar },
      { path: "inputs.containers[web].image", before: "w@1", after: "w@2" },
    ]);
    expect(changes(containers(web, sidecar), containers(sidecar, web))).toEqual([
      { path: "inputs.containers", before: [web, sidecar], after: [sidecar, web] },
    ]);
  });

  it("compares dependencies as a set", () => {
    const needs = (...dependencies: string[]) => resource("a", {}, { dependencies });
    expect(changes(needs("urn:1", "urn:2"), needs("urn:2", "urn:1"))).toEqual([]);
    expect(changes(needs("urn:1"), needs("urn:2"))).toEqual([
      { path: "dependencies", before: "urn:1" },
      { path: "dependencies", after: "urn:2" },
    ]);
  });

  const release = "kubernetes:helm.sh/v3:Release";
  const provider = "pulumi:providers:kubernetes";
  it.each([
    ["an object's name", { metadata: { name: "a" } }, { metadata: { name: "b" } }, {}, "replace"],
    ["an object's namespace", { metadata: { namespace: "a" } }, { metadata: { namespace: "b" } }, {}, "replace"],
    ["an object's metadata as a whole", { metadata: { name: "a" } }, {}, {}, "replace"],
    ["an object's API version", { apiVersion: "v1" }, { apiVersion: "v2" }, {}, "replace"],
    ["an object's kind", { kind: "A" }, { kind: "B" }, {}, "replace"],
    ["an object's labels", { metadata: { labels: { a: "1" } } }, { metadata: { labels: { a: "2" } } }, {}, "update"],
    ["a release's name", { name: "a" }, { name: "b" }, { type: release }, "replace"],
    ["a release's namespace", { namespace: "a" }, { namespace: "b" }, { type: release }, "replace"],
    ["a release's values", { values: { name: "a" } }, { values: { name: "b" } }, { type: release }, "update"],
    ["a provider's context", { context: "a" }, { context: "b" }, { type: provider }, "replace"],
    ["a provider's namespace", { namespace: "a" }, { namespace: "b" }, { type: provider }, "update"],
    ["a component's name", { metadata: { name: "a" } }, { metadata: { name: "b" } }, { custom: false }, "update"],
    ["what the program says", { tier: "a" }, { tier: "b" }, { options: { replaceOnChanges: ["tier"] } }, "replace"],
  ])("%s: %o to %o", (_, before, after, more: Partial<PlannedResource>, op) => {
    const [change] = diffPlans(plan(resource("x", before, more)), plan(resource("x", after, more)));
    expect(change?.op).toBe(op);
  });

  it("replaces with a provider all that it manages, and nothing else", () => {
    const cluster = (context: string) => resource("cluster", { context }, { type: provider });
    const managed = resource("managed", {}, { provider: cluster("a").urn });
    const added = resource("added", {}, { provider: cluster("a").urn });
    const before = plan(cluster("a"), managed, resource("other", {}));
    const after = plan(cluster("b"), managed, added, resource("other", {}));
    expect(ops(before, after)).toEqual(["create added", "replace managed", "same other", "replace cluster"]);
  });
});

describe("diffPins", () => {
  const pin = (module: string, version: string, type = "ModuleRelease") =>
    resource(module, { module, version, manifestDigest: `sha256:${version}` }, { type: `imprimatur:release:${type}` });

  it("names the modules whose release differs, and ignores other components that mention one", () => {
    const before = plan(
      pin("gone", "1"),
      pin("same", "1"),
      pin("up", "1.0.2", "PublishedRelease"),
      pin("image", "1", "BlessedImage"),
    );
    const after = plan(pin("new", "1"), pin("same", "1"), pin("up", "1.1.0"), pin("image", "2", "BlessedImage"));
    expect(diffPins(before, after)).toEqual([
      { module: "gone", before: { version: "1", manifestDigest: "sha256:1" } },
      { module: "new", after: { version: "1", manifestDigest: "sha256:1" } },
      {
        module: "up",
        before: { version: "1.0.2", manifestDigest: "sha256:1.0.2" },
        after: { version: "1.1.0", manifestDigest: "sha256:1.1.0" },
      },
    ]);
  });
});

describe("for any two plans", () => {
  const key = fc.constantFrom("a", "b", "c", "d.e");
  const inputs = fc.letrec((tie) => ({
    leaf: fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.constant(null)),
    list: fc.array(tie("node"), { maxLength: 3 }),
    object: fc.dictionary(key, tie("node"), { maxKeys: 3, noNullPrototype: true }),
    node: fc.oneof({ depthSize: "small" }, tie("leaf"), tie("list"), tie("object")),
  }));
  const anyResource = fc
    .record({
      name: fc.constantFrom("w", "x", "y", "z"),
      inputs: inputs.object as fc.Arbitrary<Record<string, unknown>>,
    })
    .map((given) => resource(given.name, given.inputs));
  const anyPlan = fc.uniqueArray(anyResource, { selector: ({ name }) => name }).map((resources) => plan(...resources));

  it("there is no difference exactly where the plans are equal", () => {
    fc.assert(
      fc.property(anyPlan, anyPlan, (a, b) => {
        const equal = JSON.stringify(canonicalPlan(a)) === JSON.stringify(canonicalPlan(b));
        expect(diffPlans(a, b).every(({ op }) => op === "same")).toBe(equal);
        expect(diffPlans(a, structuredClone(a)).every(({ op }) => op === "same")).toBe(true);
      }),
    );
  });

  it("the way back undoes the way there", () => {
    const back = { create: "delete", delete: "create", update: "update", replace: "replace", same: "same" } as const;
    fc.assert(
      fc.property(anyPlan, anyPlan, (a, b) => {
        const there = diffPlans(a, b);
        const undone = diffPlans(b, a);
        expect(undone.map(({ op }) => op)).toEqual(there.map(({ op }) => back[op]));
        expect(undone.map(({ changes: list }) => list.map(({ path }) => path))).toEqual(
          there.map(({ changes: list }) => list.map(({ path }) => path)),
        );
      }),
    );
  });

  it("applying the changes to the one gives the other", () => {
    fc.assert(
      fc.property(inputs.object, inputs.object, (a, b) => {
        const [change] = diffPlans(plan(resource("x", a as never)), plan(resource("x", b as never)));
        const target = { inputs: structuredClone(a) };
        // From the back, so that what is taken off a list does not move what is still to be changed.
        for (const { path, ...sides } of [...(change?.changes ?? [])].reverse()) put(target, keysOf(path), sides);
        expect(target.inputs).toEqual(b);
      }),
    );
  });
});

/** The keys of a path such as `inputs.a[0]["d.e"]`. */
function keysOf(path: string): (string | number)[] {
  return [...path.matchAll(/\["([^"]*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(([, quoted, index, word]) =>
    index === undefined ? (quoted ?? word ?? "") : Number(index),
  );
}

function put(target: unknown, [key = "", ...rest]: (string | number)[], change: { after?: unknown }): void {
  const holder = target as Record<string | number, unknown>;
  if (rest.length > 0) put(holder[key], rest, change);
  else if ("after" in change) holder[key] = structuredClone(change.after);
  else if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
}
