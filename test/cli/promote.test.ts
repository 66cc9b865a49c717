import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { unifiedDiff } from "../../cli/approve/diff.ts";
import { writeAll } from "../../cli/writeAll.ts";
import { InputError } from "../../release/errors.ts";
import { writePins } from "../../release/promote.ts";
import { Approval } from "./approval.ts";
import { pin } from "./checkout.ts";

const PROMOTE = ["promote", "web", "1.1.0", "--to"];

describe("promote", () => {
  it("changes one line: current moves to previous, and every other byte stays", async () => {
    const checkout = await new Approval().withPassedRelease();
    const commented = `# production\n${checkout.read("Pulumi.prod.yaml").replace("]\n", "] # the site\n")}`;
    checkout.write("Pulumi.prod.yaml", commented);
    await checkout.verb(["bless", "web", "1.1.0", "--for", "prod"], "manager");
    const { code, stdout } = await checkout.process([...PROMOTE, "prod"]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining("✔ web 1.1.0 is pinned in Pulumi.prod.yaml"),
    });
    const [old, now] = [pin("web", "1.0.0"), pin("web", "1.1.0")];
    expect(checkout.read("Pulumi.prod.yaml")).toBe(commented.replace(`web: [${old}] #`, `web: [${now}, ${old}] #`));
    const again = await checkout.verb([...PROMOTE, "prod"]);
    expect(again).toMatchObject({ code: 0, stdout: "Pulumi.prod.yaml: web 1.1.0 is current already\n" });
  });

  it("refuses what is not blessed, with what is missing and the command that supplies it", async () => {
    const checkout = await new Approval().withTestedRelease();
    const before = checkout.snapshot();
    const missing = await checkout.verb([...PROMOTE, "prod"]);
    expect(missing.code).toBe(1);
    expect(missing.stdout).toContain("refused: web 1.1.0 may not go to prod");
    expect(missing.stdout).toContain('npx imprimatur vote web 1.1.0 --for prod --role qa --go --reason "…"');
    expect(checkout.snapshot()).toEqual(before);
    await checkout.vote("lead", "module-lead");
    await checkout.vote("tester", "qa");
    const unblessed = await checkout.verb([...PROMOTE, "prod"]);
    expect(unblessed.code).toBe(1);
    expect(unblessed.stdout).toContain("all that is asked for is there, but it is not blessed");
    expect(unblessed.stdout).toContain("npx imprimatur bless web 1.1.0 --for prod");
  });

  it("changes all of several stacks or none", async () => {
    const checkout = await new Approval().withPassedRelease();
    const before = checkout.snapshot();
    const refused = await checkout.verb([...PROMOTE, "dev", "prod"]);
    expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining("nothing else is changed either") });
    expect(checkout.snapshot()).toEqual(before);
    await checkout.verb(["bless", "web", "1.1.0", "--for", "prod"], "manager");
    const { code, stdout } = await checkout.verb([...PROMOTE, "dev", "prod", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).written).toEqual(["Pulumi.dev.yaml", "Pulumi.prod.yaml"]);
    // The channel that floated stands as the version that it was.
    expect(checkout.read("Pulumi.dev.yaml")).toContain(
      `web: [${pin("web", "1.1.0")}, ${pin("web", "1.2.0-edge.1", "edge")}]`,
    );
  });

  it("shows the change with --dry-run, as git applies it, and writes nothing", async () => {
    const checkout = await new Approval().withPassedRelease();
    await checkout.git("init", "--quiet");
    await checkout.git("add", "--all");
    const before = checkout.read("Pulumi.dev.yaml");
    const { code, stdout } = await checkout.verb([...PROMOTE, "dev", "--dry-run", "--json"]);
    expect(code).toBe(0);
    expect(checkout.read("Pulumi.dev.yaml")).toBe(before);
    checkout.write("change.diff", JSON.parse(stdout).diff);
    const applied = await checkout.git("apply", "change.diff");
    expect(applied).toMatchObject({ code: 0, stderr: "" });
    const patched = checkout.read("Pulumi.dev.yaml");
    checkout.write("Pulumi.dev.yaml", before);
    await checkout.verb([...PROMOTE, "dev"]);
    expect(patched).toBe(checkout.read("Pulumi.dev.yaml"));
  });

  it("refuses a channel that the class does not admit, also where no blessing is asked for", async () => {
    const checkout = new Approval({ "catalog/trust/formality.yaml": "blessed: []\nrules: []\n" });
    const { code, stdout } = await checkout.verb(["promote", "web", "1.2.0-edge.1", "--to", "prod"]);
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: expect.stringContaining("channel edge is not admitted for service modules in prod"),
    });
  });

  it("puts back what it has written where another file cannot be", async () => {
    const checkout = await new Approval().withPassedRelease();
    const before = checkout.read("Pulumi.dev.yaml");
    await checkout.verb(["bless", "web", "1.1.0", "--for", "prod"], "manager");
    const change = { before, after: `${before}# new\n` };
    expect(() =>
      writeAll(checkout.root, [
        { path: "Pulumi.dev.yaml", ...change },
        { path: "Pulumi.yaml/x", ...change },
      ]),
    ).toThrow();
    expect(checkout.read("Pulumi.dev.yaml")).toBe(before);
  });

  it.each([
    [["promote", "web", "1.1.0", "--to", "prd"], 'there is no such stack (got "prd"; did you mean "prod"?)'],
    [["promote", "web", "1.1", "--to", "prod"], "is no semver version"],
    [["promote", "web", "edge", "--to", "dev"], "is a channel"],
    [["promote", "web", "1.1.0"], "required option '--to <stack...>' not specified"],
  ])("takes %j as bad input", async (args, message) => {
    const { code, stderr } = await new Approval().verb(args);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
  });
});

const [A, B, C] = ["a", "b", "c"].map((letter, index) => `${index + 1}.0.0@sha256:${letter.repeat(64)}`) as [
  string,
  string,
  string,
];

function file(modules: string): string {
  return `# top\nconfig:\n  other:key: [1,   2] # kept\n  imprimatur:modules:${modules}\n  imprimatur:values: { "x": 'y' }\n# end`;
}

describe("writePins", () => {
  it.each([
    ["two pins in a line", `\n    web: [${A}, ${B}] # note`, `\n    web: [${C}, ${A}] # note`],
    ["one pin", `\n    web: [${A}]`, `\n    web: [${C}, ${A}]`],
    ["quoted pins", `\n    "web": [ "${A}", '${B}' ]`, `\n    "web": [ ${C}, ${A} ]`],
    ["a channel", "\n    web: edge   # floats", `\n    web: [${C}, ${A}]   # floats`],
    [
      "a list over lines",
      `\n    web: # why\n      - ${A} # now\n      - ${B}\n    api: edge`,
      `\n    web: # why\n      - ${C} # now\n      - ${A}\n    api: edge`,
    ],
    [
      "a list of one over lines",
      `\n    web:\n      - ${A}\n    api: edge`,
      `\n    web:\n      - ${C}\n      - ${A}\n    api: edge`,
    ],
    [
      "a flow list over lines",
      `\n    web: [\n      ${A},\n      ${B}, # old\n    ]`,
      `\n    web: [\n      ${C},\n      ${A}, # old\n    ]`,
    ],
    ["a flow map", ` { web: [${A}] }`, ` { web: [${C}, ${A}] }`],
  ])("changes %s, and nothing else", (_, before, after) => {
    expect(writePins(file(before), "web", [C, A], "Pulumi.x.yaml")).toBe(file(after));
  });

  it.each([
    [
      "behind the others",
      `\n    api: edge # last\n    # and more`,
      `\n    api: edge # last\n    web: [${C}]\n    # and more`,
    ],
    ["as the first", " {}", `\n    web: [${C}]`],
    ["into a flow map", " { api: edge }", ` { api: edge, web: [${C}] }`],
    ["behind a list over lines", `\n    api:\n      - ${A}`, `\n    api:\n      - ${A}\n    web: [${C}]`],
  ])("adds a module %s", (_, before, after) => {
    expect(writePins(file(before), "web", [C], "Pulumi.x.yaml")).toBe(file(after));
  });

  it("keeps Windows line ends", () => {
    const before = file(`\n    web:\n      - ${A}\n    api: edge`).replaceAll("\n", "\r\n");
    const after = file(`\n    web:\n      - ${C}\n      - ${A}\n    api: edge`).replaceAll("\n", "\r\n");
    expect(writePins(before, "web", [C, A], "Pulumi.x.yaml")).toBe(after);
  });

  it.each([
    ["an anchor that another module uses", `\n    web: &pins [${A}]\n    api: *pins`],
    ["no map at all", " [web]"],
    ["broken YAML", "\n    web: [a"],
  ])("refuses %s", (_, modules) => {
    expect(() => writePins(file(modules), "web", [C, A], "Pulumi.x.yaml")).toThrow(InputError);
  });

  it("says what was asked for, whatever the modules are called and pinned to", () => {
    const pins = fc.constantFrom(
      "edge",
      `[${A}]`,
      `[${A}, ${B}]`,
      `["${A}"]`,
      `\n      - ${A}`,
      `\n      - ${A}\n      - ${B} # old`,
    );
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9-]{0,8}[a-z]$/), { minLength: 1, maxLength: 5 });
    const changes = fc.tuple(names, fc.array(pins, { minLength: 5, maxLength: 5 }), fc.nat(), fc.boolean());
    fc.assert(
      fc.property(changes, ([modules, values, pick, crlf]) => {
        const body = modules.map((name, index) => `\n    "${name}": ${values[index]}`).join("");
        const text = crlf ? file(body).replaceAll("\n", "\r\n") : file(body);
        const name = modules[pick % modules.length] ?? "";
        const changed = writePins(text, name, [C, A], "Pulumi.x.yaml");
        const expected = parseDocument(text).toJS();
        expected.config["imprimatur:modules"][name] = [C, A];
        expect(parseDocument(changed).toJS()).toEqual(expected);
        const others = (lines: string) =>
          lines.split("\n").filter((line) => line.includes("other:key") || line.includes("# top"));
        expect(others(changed)).toEqual(others(text));
      }),
    );
  });
});

describe("unifiedDiff", () => {
  it("is empty where nothing changed, and shows three lines around a change", () => {
    expect(unifiedDiff("x", "a\n", "a\n")).toBe("");
    const lines = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
    const before = `${lines.join("\n")}\n`;
    expect(unifiedDiff("x", before, before.replace("5", "five"))).toBe(
      "--- a/x\n+++ b/x\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n",
    );
  });
});
