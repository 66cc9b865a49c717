import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { InputError } from "../../release/errors.ts";
import { writeSetting } from "../../release/settingEdit.ts";

const FILE = "Pulumi.prod.yaml";
const TEXT = `# production
config:
  imprimatur:flags: # what is on
    skaha: { FEATURE_GPU: off } # for now
    web:
      FEATURE_A: on
      FEATURE_B: { percentage: 5 }
  imprimatur:quota: { pods: 500 }
`;
const at = (...path: string[]) => ["config", "imprimatur:flags", ...path];

describe("writeSetting", () => {
  it.each([
    [
      "replaces a value in a map on one line",
      at("skaha", "FEATURE_GPU"),
      "on",
      ["FEATURE_GPU: off", "FEATURE_GPU: on"],
    ],
    [
      "adds to a map on one line",
      at("skaha", "FEATURE_X"),
      { percentage: 5 },
      ["GPU: off }", "GPU: off, FEATURE_X: { percentage: 5 } }"],
    ],
    ["replaces a value in a block", at("web", "FEATURE_A"), "off", ["FEATURE_A: on", "FEATURE_A: off"]],
    [
      "adds a line to a block",
      at("web", "FEATURE_C"),
      "on",
      ["{ percentage: 5 }\n", "{ percentage: 5 }\n      FEATURE_C: on\n"],
    ],
    [
      "adds the maps that are missing",
      at("io", "FEATURE_D"),
      "on",
      ["{ percentage: 5 }\n", "{ percentage: 5 }\n    io: { FEATURE_D: on }\n"],
    ],
    [
      "replaces a block by one line",
      at("web"),
      { FEATURE_A: "off" },
      ["web:\n      FEATURE_A: on\n      FEATURE_B: { percentage: 5 }\n", "web: { FEATURE_A: off }\n"],
    ],
    ["takes a line away", at("web", "FEATURE_A"), undefined, ["      FEATURE_A: on\n", ""]],
    [
      "takes a map away that would be empty",
      at("skaha", "FEATURE_GPU"),
      undefined,
      ["    skaha: { FEATURE_GPU: off } # for now\n", ""],
    ],
    [
      "adds below a key that is not there",
      ["config", "imprimatur:new", "a"],
      1,
      ["{ pods: 500 }\n", "{ pods: 500 }\n  imprimatur:new: { a: 1 }\n"],
    ],
  ] as const)("%s, and every other byte stays", (_, path, value, [from, to]) => {
    expect(TEXT).toContain(from);
    expect(writeSetting(TEXT, path, value, FILE)).toBe(TEXT.replace(from, to));
  });

  it("keeps line ends and a file without a last one", () => {
    const windows = TEXT.replaceAll("\n", "\r\n").trimEnd();
    const changed = writeSetting(windows, ["config", "imprimatur:more"], { a: "b" }, FILE);
    expect(changed).toBe(`${windows}\r\n  imprimatur:more: { a: b }`);
  });

  it("fills a key that has no value yet, or an empty map", () => {
    for (const empty of ["", " {}"]) {
      expect(writeSetting(`config:\n  flags:${empty}\n  b: 1\n`, ["config", "flags", "x"], "on", FILE)).toBe(
        "config:\n  flags: { x: on }\n  b: 1\n",
      );
    }
  });

  it("refuses what it could not confine: anchors that others use, and lists on the way", () => {
    const shared = "config:\n  a: &x { k: 1 }\n  b: *x\n";
    expect(() => writeSetting(shared, ["config", "a", "k"], 2, FILE)).toThrow(InputError);
    expect(() => writeSetting("config: [1]\n", ["config", "a"], 2, FILE)).toThrow(/config.a/);
    expect(() => writeSetting("config: {\n", ["config", "a"], 2, FILE)).toThrow(InputError);
  });

  it("changes what it was asked for and nothing else, or refuses", () => {
    const key = fc.stringMatching(/^[a-zA-Z:_-][\w:-]{0,8}$/);
    const leaf = fc.oneof(
      fc.integer(),
      fc.boolean(),
      fc.string({ maxLength: 12 }),
      fc.constant("off"),
      fc.constant("2026-12-31"),
    );
    const tree = fc.dictionary(
      key,
      fc.oneof(leaf, fc.dictionary(key, fc.oneof(leaf, fc.dictionary(key, leaf, { maxKeys: 3 })), { maxKeys: 3 })),
      { maxKeys: 4 },
    );
    const path = fc.array(key, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(tree, path, fc.option(leaf, { nil: undefined }), fc.boolean(), (before, where, value, inFlow) => {
        const text = `# first\n${stringify({ config: before, z: 1 }, inFlow ? { collectionStyle: "flow" } : {})}`;
        let changed: string;
        try {
          changed = writeSetting(text, ["config", ...where], value, FILE);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          return;
        }
        const after = parse(changed);
        expect(after.z).toBe(1);
        const reached = where.reduce<unknown>(
          (node, name) => (node as Record<string, unknown> | undefined)?.[name],
          after.config,
        );
        expect(reached).toEqual(value);
        expect(changed.startsWith("# first\n")).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
