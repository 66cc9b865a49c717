import fc from "fast-check";
import { expect, test } from "vitest";
import { lifecycleFaults } from "../../release/aws/lifecycle.ts";

const KEEP = 1000;
const TAGS = ["rel-web-1.0.0", "edge-1", "d_2026_07_24"];

const selection = fc.oneof(
  fc.constant({ tagStatus: "untagged" }),
  fc.constant({ tagStatus: "any" }),
  fc.record({
    tagStatus: fc.constant("tagged"),
    tagPrefixList: fc.uniqueArray(fc.constantFrom("rel-", "rel-web", "edge-", "d_", "r"), {
      minLength: 1,
      maxLength: 2,
    }),
  }),
);
const rules = fc.array(fc.tuple(selection, fc.constantFrom(1, KEEP)), { minLength: 1, maxLength: 4 }).map((all) =>
  all.map(([chosen, countNumber], index) => ({
    rulePriority: index + 1,
    selection: { ...chosen, countType: "imageCountMoreThan", countNumber },
    action: { type: "expire" },
  })),
);
type Rules = typeof rules extends fc.Arbitrary<infer T> ? T : never;

/** As ECR does it: the first rule whose tags an image matches decides over it, alone. */
function couldExpire(all: Rules, tags: readonly string[]): boolean {
  const decides = all.find(({ selection: { tagStatus, ...rest } }) => {
    if (tagStatus === "untagged") return tags.length === 0;
    const prefixes = "tagPrefixList" in rest ? (rest.tagPrefixList as string[]) : [];
    return prefixes.every((prefix) => tags.some((tag) => tag.startsWith(prefix)));
  });
  return decides !== undefined && decides.selection.countNumber < KEEP;
}

test("a lifecycle policy without a fault expires no released image, whatever other tags it has", () => {
  fc.assert(
    fc.property(rules, fc.subarray(TAGS.slice(1)), (all, others) => {
      fc.pre(lifecycleFaults(JSON.stringify({ rules: all }), KEEP).length === 0);
      expect(couldExpire(all, ["rel-web-1.0.0", ...others])).toBe(false);
    }),
  );
});

test("neither order nor form of the document matters", () => {
  fc.assert(
    fc.property(rules, (all) => {
      const faults = lifecycleFaults({ rules: all }, KEEP);
      expect(lifecycleFaults(JSON.stringify({ rules: [...all].reverse() }), KEEP)).toEqual(faults);
    }),
  );
});
