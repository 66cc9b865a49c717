import { join } from "node:path";
import type { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createProgram } from "../../cli/program.ts";
import { Checkout, pin, start } from "./checkout.ts";

// Processes are slow to start where many run at once.
vi.setConfig({ testTimeout: 60_000 });

let checkout: Checkout;
beforeEach(() => {
  checkout = new Checkout();
});
afterEach(() => checkout.remove());

/** The help of every verb, also of those in a group, which may show the examples of its verbs itself. */
function helpsOf(command: Command, path: readonly string[] = [], above = ""): [verb: string, help: string][] {
  let help = "";
  command.configureOutput({
    writeOut: (text) => {
      help += text;
    },
  });
  command.outputHelp();
  if (command.commands.length === 0) return [[path.join(" "), `${above}${help}`]];
  return command.commands.flatMap((verb) => helpsOf(verb, [...path, verb.name()], help));
}

const STACK = "Pulumi.prod.yaml";
const other = `sha256:${"0".repeat(64)}`;

/** Each with one mistake, the command that meets it, and the lines that it prints. */
const MISTAKES: [string, (files: Checkout) => void, string[], string[]][] = [
  [
    "malformed YAML",
    (files) => files.edit(STACK, "{ context: prod }", "{ context: prod"),
    ["preview", "prod"],
    [`error: ${STACK}:3: is not valid YAML: `],
  ],
  [
    "an unknown key",
    (files) => files.write(STACK, `${files.read(STACK)}  imprimatur:valeus: {}\n`),
    ["preview", "prod"],
    [
      `error: ${STACK}:8 config.imprimatur:valeus: is not a known key here (got "imprimatur:valeus"; did you mean "imprimatur:values"?)`,
    ],
  ],
  [
    "a pinned module that is not in the catalogue",
    (files) => files.edit(STACK, "    web:", "    wbe:"),
    ["preview", "prod"],
    [
      `error: ${STACK} config.imprimatur:modules.wbe: there is no such module in catalog/modules (got "wbe"; did you mean "web"?)`,
    ],
  ],
  [
    "a pinned version with no manifest",
    (files) => files.edit(STACK, "[1.0.0@", "[1.0.9@"),
    ["preview", "prod"],
    [
      `error: ${STACK} config.imprimatur:modules.web[0]: web has no release 1.0.9: there is no catalog/releases/web/1.0.9.json (got "1.0.9"; did you mean "1.0.0"?)`,
    ],
  ],
  [
    "a manifest whose bytes do not have the pinned digest",
    (files) => files.edit(STACK, pin("web", "1.0.0"), `1.0.0@${other}`),
    ["preview", "prod"],
    [
      `error: ${STACK} config.imprimatur:modules.web[0]: the bytes of catalog/releases/web/1.0.0.json do not have the pinned manifest digest (got "1.0.0@${other}"; did you mean "${pin("web", "1.0.0")}"?)`,
    ],
  ],
  [
    "a cycle in dependsOn, named once though both stacks meet it",
    (files) =>
      files.write("catalog/modules/store.yaml", `${files.read("catalog/modules/store.yaml")}dependsOn: { web: "*" }\n`),
    ["preview"],
    [`error: catalog/modules/store.yaml dependsOn: goes round in a circle (got "store -> web -> store")`],
  ],
  [
    "a stack that trust does not know",
    () => undefined,
    ["preview", "prd"],
    [`error: catalog/trust/stacks.yaml stacks: there is no such stack (got "prd"; did you mean "prod"?)`],
  ],
  [
    "a stack without its file",
    (files) => files.edit("catalog/trust/stacks.yaml", "  prod:", "  prod2: { class: prod }\n  prod:"),
    ["preview", "prod2"],
    [
      'error: Pulumi.prod2.yaml: there is no such file, so stack prod2 cannot be read (did you mean "Pulumi.prod.yaml"?)',
    ],
  ],
  [
    "problems of two stacks, both named",
    (files) => {
      files.edit(STACK, "    web:", "    wbe:");
      files.edit("Pulumi.dev.yaml", "    store:", "    stor:");
    },
    ["preview"],
    [
      `error: Pulumi.dev.yaml config.imprimatur:modules.stor: there is no such module in catalog/modules (got "stor"; did you mean "store"?)`,
      `error: ${STACK} config.imprimatur:modules.wbe: there is no such module in catalog/modules (got "wbe"; did you mean "web"?)`,
    ],
  ],
  [
    "a version in --set with no manifest, and a module that there is not",
    () => undefined,
    ["preview", "prod", "--set", "web=9.9.9", "--set", "wbe=1.0.0"],
    [
      `error: --set web: web has no release 9.9.9: there is no catalog/releases/web/9.9.9.json (got "9.9.9"; choose from "1.0.0", "1.1.0", "1.2.0-edge.1")`,
      `error: --set wbe: there is no such module in catalog/modules (got "wbe"; did you mean "web"?)`,
    ],
  ],
  [
    "--set without a value, and one module set twice",
    () => undefined,
    ["preview", "--set", "web", "--set", "store=1.0.0", "--set", "store=stable"],
    [
      `error: --set: must be module=version, module=channel or a full pin (got "web")`,
      `error: --set store: is set twice (got "store=stable")`,
    ],
  ],
  [
    "an instant that is none",
    () => undefined,
    ["preview", "--at", "tomorrow"],
    [
      `error: --at: must be an instant with its offset, as RFC 3339 writes it, such as 2026-07-24T15:00:00Z (got "tomorrow")`,
    ],
  ],
  [
    "an instant without an offset",
    () => undefined,
    ["preview", "--at", "2026-07-24T15:00:00"],
    [
      `error: --at: must be an instant with its offset, as RFC 3339 writes it, such as 2026-07-24T15:00:00Z (got "2026-07-24T15:00:00")`,
    ],
  ],
  [
    "an engine that there is not",
    (files) => files.write("policies/PulumiPolicy.yaml", ""),
    ["preview", "--engine", "offlin"],
    [`error: --engine: must be one of auto, pulumi, offline (got "offlin"; did you mean "offline"?)`],
  ],
  [
    "no policy pack",
    () => undefined,
    ["preview"],
    ["error: policies/PulumiPolicy.yaml: there is no such file, so nothing would be judged"],
  ],
  ["an unknown verb", () => undefined, ["preveiw"], ["error: unknown command 'preveiw' (Did you mean preview?)"]],
  [
    "an unknown option",
    () => undefined,
    ["preview", "--bsae", "x"],
    ["error: unknown option '--bsae' (Did you mean --base?)"],
  ],
  [
    "an option without its value",
    () => undefined,
    ["preview", "--set"],
    ["error: option '--set <module=version>' argument missing"],
  ],
];

describe("bad input ends with 2, one line for each problem, no trace, and nothing written", () => {
  it.concurrent.each(MISTAKES)("%s", async (_, break_, args, lines) => {
    const files = new Checkout();
    try {
      break_(files);
      const before = files.snapshot();
      const { code, stdout, stderr } = await files.run(...args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      const printed = stderr.trimEnd().split("\n");
      expect(printed.length).toBe(lines.length);
      for (const [index, line] of lines.entries()) {
        expect(line.endsWith(": ") ? printed[index]?.slice(0, line.length) : printed[index]).toBe(line);
      }
      expect(files.snapshot()).toEqual(before);
    } finally {
      files.remove();
    }
  });

  it("a base that there is not, or cannot be", async () => {
    const none = await checkout.run("preview", "--base", "mian");
    expect(none).toEqual({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(/^error: --base: cannot be read: .*not a git repository/),
    });
    await checkout.git("init", "-q", "-b", "main");
    await checkout.git("add", "-A");
    await checkout.git("commit", "-q", "-m", "all");
    const wrong = await checkout.run("preview", "--base", "mian");
    expect(wrong).toEqual({
      code: 2,
      stdout: "",
      stderr: `error: --base: names no commit of this repository (got "mian"; did you mean "main"?)\n`,
    });
  });

  it("a directory that is in no checkout", async () => {
    const { code, stderr } = await checkout.run("-C", join(checkout.root, ".."), "preview");
    expect(code).toBe(2);
    expect(stderr).toContain(
      "is in no checkout of a platform: there is no Pulumi.yaml beside a catalog/ here or above",
    );
  });
});

describe("how errors are printed", () => {
  it("as JSON too with --json", async () => {
    const { code, stdout, stderr } = await checkout.run("preview", "prd", "--json");
    const problem = {
      file: "catalog/trust/stacks.yaml",
      path: "stacks",
      message: "there is no such stack",
      value: "prd",
      nearest: "prod",
    };
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toEqual({ error: { problems: [problem] } });
    expect(stderr).toMatch(/^error: catalog\/trust\/stacks\.yaml stacks: /);
  });

  it("with a stack trace only under --debug", async () => {
    const { stderr } = await checkout.run("preview", "prd", "--debug");
    expect(stderr).toMatch(/\n {4}at /);
  });

  it("help ends with 0, and no verb at all with 2", async () => {
    const help = await checkout.run("preview", "--help");
    expect(help.code).toBe(0);
    expect(help.stdout).toContain("$ npx imprimatur preview prod --set skaha=1.1.0");
    const bare = await checkout.run();
    expect({ code: bare.code, stdout: bare.stdout }).toEqual({ code: 2, stdout: "" });
    expect(bare.stderr).toMatch(/^Usage: imprimatur /);
  });

  it("every verb shows an example in its help", () => {
    const helps = helpsOf(createProgram());
    expect(helps.map(([verb]) => verb)).toEqual(expect.arrayContaining(["preview", "keys new", "gonogo close"]));
    const without = helps.filter(([verb, help]) => !help.includes(`$ npx imprimatur ${verb}`));
    expect(without.map(([verb]) => verb)).toEqual([]);
  });

  it("whoever reads the output may stop reading", async () => {
    const command = `"${process.execPath}" "${join(import.meta.dirname, "../../cli/main.ts")}" --help | head -1`;
    const { code, stdout, stderr } = await start("sh", ["-c", command], checkout.root);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: "Usage: imprimatur [options] [command]\n",
      stderr: "",
    });
  });
});
