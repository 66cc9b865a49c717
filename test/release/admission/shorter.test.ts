import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { linesLost } from "../../../release/admission/shorter.ts";
import { sha256 } from "../../../release/json.ts";
import type { Plan } from "../../../release/plan.ts";

type Data = Readonly<Record<string, string>>;

const urn = (name: string) => `urn:pulumi:prod-gate::p::kubernetes:core/v1:ConfigMap::${name}`;
const [A, B] = [sha256("a"), sha256("b")];
const line = (version: string) => `registry.test/app/web web ${version} -`;

function plan(data: Data | undefined, { namespace = "imprimatur-gate", labels = {}, more = false } = {}): Plan {
  const resource = (name: string, inputs: Record<string, unknown>) => ({
    urn: urn(name),
    type: "kubernetes:core/v1:ConfigMap",
    name,
    custom: true,
    inputs,
    dependencies: [],
    options: {},
  });
  const list = resource("list", {
    metadata: { name: "web", namespace, labels },
    ...(data === undefined ? {} : { data }),
  });
  return { stack: "prod-gate", project: "p", resources: more ? [list, resource("other", {})] : [list] };
}

describe("what has left the lists of an admission gate since its plan was approved", () => {
  const both = { [A]: `${line("1.0.0")}\n${line("1.1.0")}`, [B]: line("2.0.0") };

  it.each<[string, Plan, Plan, number | undefined]>([
    ["nothing", plan(both), plan(both), 0],
    ["an image", plan(both), plan({ [A]: both[A] ?? "" }), 1],
    ["one use of an image", plan(both), plan({ ...both, [A]: line("1.1.0") }), 1],
    ["everything", plan(both), plan(undefined), 3],
    ["nothing, as there is an image more", plan({ [B]: line("2.0.0") }), plan(both), undefined],
    [
      "nothing, as an end was moved",
      plan(both),
      plan({ ...both, [B]: line("2.0.0").replace("-", "2999-01-01") }),
      undefined,
    ],
    ["an image, and one more has come", plan({ [A]: line("1.0.0") }), plan({ [B]: line("2.0.0") }), undefined],
    ["an image, and a label differs", plan(both), plan({ [A]: both[A] ?? "" }, { labels: { a: "b" } }), undefined],
    ["an image, and a resource is gone", plan(both, { more: true }), plan({ [A]: both[A] ?? "" }), undefined],
    ["an image, and a resource has come", plan(both), plan({ [A]: both[A] ?? "" }, { more: true }), undefined],
    ["no list's", plan(both, { namespace: "web" }), plan({ [A]: both[A] ?? "" }, { namespace: "web" }), undefined],
  ])("%s", (_, approved, desired, lost) => {
    expect(linesLost(approved, desired)).toBe(lost);
  });

  it("is all that is missing, whichever lines are left, and never anything that has come", () => {
    const lists = fc.dictionary(fc.constantFrom(A, B, sha256("c")), fc.constantFrom("1", "2", "3"), {
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(lists, lists, (approved, desired) => {
        const has = Object.entries(desired);
        const lost = has.every(([hex, text]) => approved[hex] === text)
          ? Object.keys(approved).length - has.length
          : undefined;
        expect(linesLost(plan(approved), plan(desired))).toBe(lost);
      }),
    );
  });
});
