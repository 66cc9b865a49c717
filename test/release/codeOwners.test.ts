import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ownersOf, readOwnerRules } from "../../release/codeOwners.ts";

/** Whether one pattern gives a file to its owner. */
const matches = (pattern: string, path: string) => ownersOf(readOwnerRules(`${pattern} @team`), path).length > 0;

describe("a pattern of CODEOWNERS", () => {
  it.each([
    ["*", "package.json", "cli/verbs/up.ts", ".ci/run"],
    ["*.ts", "vitest.config.ts", "cli/verbs/up.ts"],
    ["up.ts", "up.ts", "cli/verbs/up.ts"],
    ["cli", "cli/main.ts", "test/cli/up.test.ts"],
    ["cli/", "cli/main.ts", "test/cli/up.test.ts"],
    ["/cli", "cli/main.ts"],
    ["/cli/", "cli/verbs/up.ts"],
    ["cli/verbs", "cli/verbs/up.ts"],
    ["cli/*", "cli/main.ts"],
    ["/cli/*.ts", "cli/main.ts"],
    ["/cli/**", "cli/main.ts", "cli/verbs/up.ts"],
    ["/cli/**/up.ts", "cli/up.ts", "cli/verbs/up.ts", "cli/a/b/up.ts"],
    ["**/verbs", "verbs/up.ts", "cli/verbs/up.ts"],
    ["**/verbs/*.ts", "cli/verbs/up.ts"],
    ["/*", "package.json"],
    ["/Pulumi.*.yaml", "Pulumi.prod-gate.yaml"],
    ["/cli/u?.ts", "cli/up.ts"],
    ["/a\\ b/", "a b/c"],
  ])("%s matches %s", (pattern, ...paths) => {
    expect(paths.filter((path) => !matches(pattern, path))).toEqual([]);
  });

  it.each([
    ["*.ts", "cli/main.tsx", "ts"],
    ["cli/", "cli"],
    ["/cli", "test/cli/up.test.ts", "client.ts", "cli.ts"],
    ["cli/verbs", "test/cli/verbs/up.ts"],
    ["cli/*", "cli/verbs/up.ts"],
    ["/*", "cli/main.ts"],
    ["/cli/**", "cli", "test/cli/up.ts"],
    ["/Pulumi.*.yaml", "Pulumi.yaml", "a/Pulumi.prod.yaml", "Pulumi.a/b.yaml"],
    ["/cli/u?.ts", "cli/u/.ts", "cli/u.ts"],
    ["a.b", "aXb"],
  ])("%s does not match %s", (pattern, ...paths) => {
    expect(paths.filter((path) => matches(pattern, path))).toEqual([]);
  });
});

describe("owners", () => {
  it("are those of the last line that matches, also where it names nobody", () => {
    const rules = readOwnerRules("# all\r\n* @a @b # us\r\n\r\n/cli/ c@example.org\n/cli/verbs/\n#/cli @d\n");
    expect(ownersOf(rules, "README.md")).toEqual(["@a", "@b"]);
    expect(ownersOf(rules, "cli/main.ts")).toEqual(["c@example.org"]);
    expect(ownersOf(rules, "cli/verbs/up.ts")).toEqual([]);
    expect(ownersOf([], "README.md")).toEqual([]);
  });

  const name = fc.stringMatching(/^[a-z.+()^$|-]{1,6}$/).filter((text) => !/^\.{1,2}$/.test(text));
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));

  it("of a file are found by its own path, by its folders and by its name", () => {
    fc.assert(
      fc.property(path, (file) => {
        const folders = file.split("/").slice(0, -1);
        const patterns = [
          `/${file}`,
          file.split("/").at(-1) ?? "",
          ...folders.map((folder) => `${folder}/`),
          "**",
          "*",
        ];
        expect(patterns.filter((pattern) => !matches(pattern, file))).toEqual([]);
      }),
    );
  });

  it("given by a path that begins at the root are those of that path alone", () => {
    fc.assert(
      fc.property(path, path, (a, b) => {
        expect(matches(`/${a}`, b)).toBe(b === a || b.startsWith(`${a}/`));
      }),
    );
  });
});
