import { describe, expect, test } from "vitest";
import { isKindAlias, makeUrn, stackUrn } from "../../engine/urn.ts";
import { planValue, policyProperties, UNKNOWN_SENTINEL } from "../../engine/wire.ts";
import { SECRET, UNKNOWN } from "../../release/plan.ts";

const KEY = "4dabf18193072939515e22adb298388d";
const output = (fields: object) => ({ [KEY]: "d0e6a833031e9bbcd3f4e8bde6ca49a4", ...fields });
const reference = (fields: object) => ({ [KEY]: "5cf8f73096256a8f31e491e813e4eb8e", ...fields });

/** Only a remote component sends outputs as such: the SDK unwraps them for every other resource. */
describe("an output on the wire", () => {
  test.each([
    ["known", output({ value: "a" }), "a", "a"],
    ["unknown", output({}), UNKNOWN, UNKNOWN_SENTINEL],
    ["secret", output({ value: "a", secret: true }), SECRET, { [KEY]: "1b47061264138c4ac30d75fd1eb44270", value: "a" }],
    [
      "secret and unknown",
      output({ secret: true }),
      SECRET,
      { [KEY]: "1b47061264138c4ac30d75fd1eb44270", value: UNKNOWN_SENTINEL },
    ],
  ])("that is %s", (_case, wire, inPlan, forPolicy) => {
    expect(planValue(wire)).toEqual(inPlan);
    expect(policyProperties({ key: [wire] })).toEqual({ key: [forPolicy] });
  });
});

test.each([
  ["an id that is known", { urn: "urn:pulumi:a", id: "id-1" }, "id-1"],
  ["an empty id", { urn: "urn:pulumi:a", id: "" }, UNKNOWN_SENTINEL],
  ["no id, as a component", { urn: "urn:pulumi:a" }, "urn:pulumi:a"],
])("a reference to a resource with %s", (_case, fields, forPolicy) => {
  expect(planValue(reference(fields))).toBe("urn:pulumi:a");
  expect(policyProperties({ key: reference(fields) })).toEqual({ key: forPolicy });
});

test("a signature that the format does not have is refused, never shown as data", () => {
  expect(() => planValue({ [KEY]: "something new", value: "a" })).toThrow('no signature "something new"');
});

test("a name may hold what separates the parts of a URN, and parents form a chain of types", () => {
  const scope = { project: "p", stack: "s" };
  const outer = makeUrn(scope, stackUrn(scope), "a:b:Outer", "x::y");
  expect(outer).toBe("urn:pulumi:s::p::a:b:Outer::x::y");
  const inner = makeUrn(scope, outer, "a:b:Inner", "in");
  expect(makeUrn(scope, inner, "k:v1:Leaf", "leaf")).toBe("urn:pulumi:s::p::a:b:Outer$a:b:Inner$k:v1:Leaf::leaf");
});

test.each([
  ["another API version", "urn:pulumi:s::p::o:i:C$k:apps/v1beta1:Deployment::web", true],
  ["another kind", "urn:pulumi:s::p::o:i:C$k:apps/v1:StatefulSet::web", false],
  ["another package", "urn:pulumi:s::p::o:i:C$l:apps/v1:Deployment::web", false],
  ["another parent", "urn:pulumi:s::p::k:apps/v1:Deployment::web", false],
  ["another name", "urn:pulumi:s::p::o:i:C$k:apps/v1:Deployment::old", false],
])("an alias under %s", (_case, alias, expected) => {
  expect(isKindAlias("urn:pulumi:s::p::o:i:C$k:apps/v1:Deployment::web", alias)).toBe(expected);
});
