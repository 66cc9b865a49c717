import fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonObject } from "../../release/json.ts";
import { chartView, compareViews, isDeclared } from "../../release/parity.ts";

const key = fc.constantFrom("a", "b", "c");
const values = fc.letrec<{ tree: unknown; object: JsonObject }>((tie) => ({
  tree: fc.oneof({ maxDepth: 3 }, fc.string(), fc.integer(), fc.boolean(), fc.constant([]), tie("object")),
  object: fc.dictionary(key, tie("tree")) as fc.Arbitrary<JsonObject>,
})).object;

test("values of one shape are alike, and differences are the same from both sides", () => {
  fc.assert(
    fc.property(values, values, (here, there) => {
      expect(compareViews(chartView(here), chartView(here))).toEqual([]);
      const [one, other] = [
        compareViews(chartView(here), chartView(there)),
        compareViews(chartView(there), chartView(here)),
      ];
      expect(one.map(({ path }) => path)).toEqual(other.map(({ path }) => path));
      expect(one.map((gap) => [gap.here, gap.there])).toEqual(other.map((gap) => [gap.there, gap.here]));
    }),
  );
});

test("what is declared is declared with all that is below it, and nothing beside it", () => {
  const differences = [
    { resource: "kubernetes:helm.sh/v3:Release::*", path: "values.*.replicas", reason: "is larger" },
  ];
  const declared = (path: string, resource = "kubernetes:helm.sh/v3:Release::web") =>
    isDeclared(differences, resource, path);
  expect(declared("values.web.replicas")).toBe(true);
  expect(declared("values.web.replicas.max")).toBe(true);
  expect(declared("values.web")).toBe(false);
  expect(declared("values.web.replicasX")).toBe(false);
  expect(declared("values.web.replicas", "kubernetes:apps/v1:Deployment::web")).toBe(false);
  expect(isDeclared(differences, "kubernetes:helm.sh/v3:Release::web")).toBe(false);
});
