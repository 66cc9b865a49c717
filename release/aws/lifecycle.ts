import { z } from "zod";
import { isObject } from "../json.ts";
import { isUnknown } from "../unknown.ts";

/** Prefix of the tag that every blessed image has: `rel-<module>-<version>`. */
export const RELEASE_PREFIX = "rel-";

const Rule = z.looseObject({
  rulePriority: z.int().min(1),
  selection: z.looseObject({
    tagStatus: z.enum(["tagged", "untagged", "any"]),
    tagPrefixList: z.array(z.string()).optional(),
    tagPatternList: z.array(z.string()).optional(),
    countType: z.string(),
    countNumber: z.number(),
  }),
});
type Rule = z.infer<typeof Rule>;
const Policy = z.looseObject({ rules: z.array(Rule).min(1) });

/** A JSON document that AWS takes as text, and Pulumi also as an object. Undefined where it is neither. */
export function parseDocument(value: unknown): Record<string, unknown> | undefined {
  if (isUnknown(value)) return undefined;
  let document = value;
  if (typeof value === "string") {
    try {
      document = JSON.parse(value);
    } catch {
      return undefined;
    }
  }
  return isObject(document) ? document : undefined;
}

/**
 * What is wrong with an ECR lifecycle policy: every way in which it could expire a released image, in words.
 *
 * An image is never expired by a rule of lower priority than one whose tags it matches, and an edge image that was
 * blessed has a tag of each kind. So a rule that keeps `rel-*` must come before every rule on tagged images.
 * @param keep how many images a rule must leave to count as keeping them; more than a repository can hold
 */
export function lifecycleFaults(policy: unknown, keep: number): string[] {
  const parsed = Policy.safeParse(parseDocument(policy));
  if (!parsed.success) {
    return [isUnknown(policy) ? "it cannot be known before an update" : "it is no lifecycle policy that can be read"];
  }
  const rules = [...parsed.data.rules].sort((a, b) => a.rulePriority - b.rulePriority);
  const priorities = rules.map(({ rulePriority }) => rulePriority);
  const twice = priorities.find((priority, index) => priorities.indexOf(priority) !== index);
  if (twice !== undefined) return [`two of its rules have priority ${twice}`];
  const kept = rules.findIndex((rule) => keepsReleases(rule, keep));
  return rules.flatMap((rule, index) => {
    if (rule.selection.tagStatus === "untagged" || (kept >= 0 && index >= kept)) return [];
    return [`rule ${rule.rulePriority} could expire an image that also has a tag ${RELEASE_PREFIX}*`];
  });
}

/** Whether a rule selects every released image, and leaves them all. */
function keepsReleases({ selection }: Rule, keep: number): boolean {
  const { tagStatus, tagPrefixList = [], tagPatternList = [], countType, countNumber } = selection;
  if (tagStatus !== "tagged" || countType !== "imageCountMoreThan" || countNumber < keep) return false;
  // Of several, an image must match all.
  const all = [
    ...tagPrefixList,
    ...tagPatternList.map((pattern) => (pattern.endsWith("*") ? pattern.slice(0, -1) : "?")),
  ];
  return all.length > 0 && all.every((prefix) => !prefix.includes("*") && RELEASE_PREFIX.startsWith(prefix));
}
