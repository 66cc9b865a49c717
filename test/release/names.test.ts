import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../../release/errors.ts";
import { type NameKind, nameProblem, resourceName } from "../../release/names.ts";

const scope = { organization: "keel", platform: "science", environment: "prod" };
const label = fc.stringMatching(/^[a-z][a-z0-9]{0,20}$/);

test("a name says who, what platform, where and what", () => {
  expect(resourceName(scope, "cluster", "eksCluster")).toBe("keel-science-prod-cluster");
  expect(resourceName(scope, "roman/notebook", "ecrRepository")).toBe("keel-science-prod-roman/notebook");
});

test("labels make a name that every taker takes, or one that is refused and named", () => {
  const kinds: NameKind[] = [
    "eksCluster",
    "eksNodeGroup",
    "iamRole",
    "kmsAlias",
    "ecrRepository",
    "logGroup",
    "label",
    "host",
  ];
  fc.assert(
    fc.property(
      label,
      label,
      label,
      label,
      fc.constantFrom(...kinds),
      (organization, platform, environment, what, kind) => {
        const name = `${organization}-${platform}-${environment}-${what}`;
        const make = () => resourceName({ organization, platform, environment }, what, kind);
        if (nameProblem(name, kind) === undefined) expect(make()).toBe(name);
        else expect(make).toThrow(InputError);
        // Only length can stop them.
        expect(nameProblem(name.slice(0, 60).replace(/-$/, ""), kind)).toBeUndefined();
      },
    ),
  );
});

test("different parts never make one name of another length than theirs: nothing is cut", () => {
  fc.assert(
    fc.property(
      fc.array(label, { minLength: 4, maxLength: 4 }),
      ([organization = "", platform = "", environment = "", what = ""]) => {
        fc.pre(`${organization}${platform}${environment}${what}`.length <= 60);
        const name = resourceName({ organization, platform, environment }, what, "label");
        expect(name.split("-")).toEqual([organization, platform, environment, what]);
      },
    ),
  );
});

describe("limits", () => {
  test.each<[NameKind, number, number]>([
    ["eksCluster", 100, 101],
    ["eksNodeGroup", 63, 64],
    ["iamRole", 64, 65],
    ["kmsAlias", 250, 251],
    ["ecrRepository", 256, 257],
    ["logGroup", 512, 513],
    ["label", 63, 64],
  ])("%s takes %i characters, and not %i", (kind, fits, tooMany) => {
    expect(nameProblem("a".repeat(fits), kind)).toBeUndefined();
    expect(nameProblem("a".repeat(tooMany), kind)).toContain(`of ${tooMany} characters`);
  });

  test.each<[NameKind, string]>([
    ["ecrRepository", "Team/api"],
    ["ecrRepository", "a"],
    ["ecrRepository", "team//api"],
    ["ecrRepository", "team/api-"],
    ["ecrRepository", "team/a__b"],
    ["eksCluster", "-cluster"],
    ["eksCluster", "a.b"],
    ["iamRole", "a/b"],
    ["kmsAlias", "aws/own"],
    ["label", "9lives"],
    ["label", "a_b"],
    ["host", "a..b"],
    ["host", `${"a".repeat(64)}.test`],
  ])("%s does not take %s", (kind, name) => {
    expect(nameProblem(name, kind)).toMatch(/^makes a name unlike /);
  });
});
