import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputError } from "../../release/errors.ts";
import { memoryFiles } from "../../release/files.ts";
import { parseBytes, parseFile, parseJsonFile } from "../../release/parse.ts";
import { Plan } from "../../release/plan.ts";
import { ModuleFile } from "../../release/schema/module.ts";
import { StackFile } from "../../release/schema/stack.ts";

const module = `
description: Session manager
purpose: service
owners: [team]
maturity: mature
`;

function message(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("parseJsonFile", () => {
  const plan = { stack: "dev", project: "x", resources: [] };
  const read = (text: string) => parseJsonFile(memoryFiles({ "plans/dev.json": text }), "plans/dev.json", Plan);

  it("reads what parseFile reads, also where that is larger than people write", () => {
    const resource = {
      urn: "urn:pulumi:dev::x::a:b:C::",
      type: "a:b:C",
      name: "c",
      custom: true,
      inputs: { text: "x".repeat(5 * 1024 * 1024) },
      dependencies: [],
      options: {},
    };
    expect(read(JSON.stringify({ ...plan, resources: [resource] })).resources).toEqual([resource]);
  });

  it("says what is wrong as parseFile does", () => {
    expect(message(() => read("{"))).toMatch(/^plans\/dev\.json:\d+: is not valid YAML/);
    expect(message(() => read(JSON.stringify({ ...plan, stacks: 1 })))).toMatch(
      /^plans\/dev\.json:1 stacks: is not a known key here/,
    );
    expect(message(() => parseJsonFile(memoryFiles({}), "plans/dev.json", Plan))).toBe(
      "plans/dev.json: there is no such file",
    );
  });
});

describe("parseFile", () => {
  const parse = (text: string) => parseFile(memoryFiles({ "m.yaml": text }), "m.yaml", ModuleFile);

  it("fills in defaults", () => {
    expect(parse(module)).toMatchObject({ versions: "semver", atomic: true, images: {}, dependsOn: {} });
  });

  it("names line, key and the nearest known key", () => {
    expect(message(() => parse(`${module}ownrs: [x]\n`))).toBe(
      'm.yaml:6 ownrs: is not a known key here (got "ownrs"; did you mean "owners"?)',
    );
  });

  it("knows the keys of nested objects", () => {
    const text = `${module}images:\n  skaha:\n    repository: images.opencadc.org/platform/skaha\n    pth: image\n`;
    expect(message(() => parse(text))).toBe(
      'm.yaml:9 images.skaha.pth: is not a known key here (got "pth"; did you mean "path"?)',
    );
  });

  it("names the nearest value of an enumeration", () => {
    expect(message(() => parse(module.replace("purpose: service", "purpose: servce")))).toBe(
      'm.yaml:3 purpose: must be one of service, offered (got "servce"; did you mean "service"?)',
    );
  });

  it("reports every problem at once", () => {
    const text = module.replace("purpose: service", "purpose: x").replace("maturity: mature", "maturity: y");
    expect(message(() => parse(text)).split("\n")).toHaveLength(2);
  });

  it("refuses a key that stands twice", () => {
    expect(message(() => parse(`${module}purpose: offered\n`))).toMatch(/^m\.yaml:6: is not valid YAML: .*unique/);
  });

  it("refuses a missing file, one that is not UTF-8, and one that is too large", () => {
    expect(message(() => parseFile(memoryFiles({}), "gone.yaml", ModuleFile))).toBe("gone.yaml: there is no such file");
    expect(message(() => parseBytes(Uint8Array.of(0xff, 0xfe), "b", ModuleFile))).toBe("b: is not UTF-8 text");
    expect(message(() => parseBytes(new Uint8Array(5_000_000), "b", ModuleFile))).toMatch(/larger than 4194304 bytes/);
  });

  it("answers any bytes with a value or an InputError, and nothing else", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.string().map((text) => new TextEncoder().encode(text)),
        ),
        (bytes) => {
          try {
            parseBytes(bytes, "any", ModuleFile);
          } catch (error) {
            expect(error).toBeInstanceOf(InputError);
          }
        },
      ),
    );
  });
});

describe("the stack file", () => {
  const text = (extra: string) => `config:
  imprimatur:cluster: { context: keel-dev }
  imprimatur:registries: {}
  imprimatur:modules: {}
${extra}`;
  const parse = (yaml: string) => parseFile(memoryFiles({ "Pulumi.x.yaml": yaml }), "Pulumi.x.yaml", StackFile);

  it("lets the settings of other packages pass", () => {
    expect(parse(text("  aws:region: us-west-2\n")).config).toHaveProperty(["aws:region"], "us-west-2");
  });

  it("refuses an unknown setting of ours", () => {
    expect(message(() => parse(text("  imprimatur:moduls: {}\n")))).toBe(
      'Pulumi.x.yaml:5 config.imprimatur:moduls: is not a known key here (got "imprimatur:moduls"; did you mean "imprimatur:modules"?)',
    );
  });

  it("says which unknown key may be meant to be a missing one", () => {
    const yaml = text("").replace("imprimatur:registries", "imprimatur:registrys");
    expect(message(() => parse(yaml))).toBe(
      'Pulumi.x.yaml:1 config.imprimatur:registries: is missing (got "imprimatur:registrys"; did you mean "imprimatur:registries"?)',
    );
  });

  it("says what a pin looks like", () => {
    const yaml = text("").replace("imprimatur:modules: {}", "imprimatur:modules: { skaha: [1.0.2] }");
    expect(message(() => parse(yaml))).toBe(
      'Pulumi.x.yaml:4 config.imprimatur:modules.skaha[0]: must be <version>@sha256:<manifest digest> (got "1.0.2")',
    );
  });
});
