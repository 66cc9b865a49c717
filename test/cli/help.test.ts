import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { createProgram } from "../../cli/program.ts";

/** Every command that does something, with its full name. */
function leaves(command: Command, path: readonly string[] = []): [name: string, command: Command][] {
  const below = command.commands.flatMap((sub) => leaves(sub, [...path, sub.name()]));
  return below.length > 0 ? below : [[path.join(" "), command]];
}

function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}

const commands = leaves(createProgram());

describe("--help", () => {
  it.each(commands)("%s says what it does, and shows it in use with options that it has", (name, command) => {
    expect(command.description()).toMatch(/^[A-Z].{20,}[^.]$/);
    const examples = [...helpOf(command).matchAll(/^ {2}\$ npx imprimatur (.*)$/gm)].map(([, line = ""]) => line);
    const lines = examples.filter((line) => `${line} `.startsWith(`${name} `));
    expect(lines.length).toBeGreaterThan(0);
    const options = [...command.options, ...(command.parent?.options ?? []), ...createProgram().options];
    const known = new Set(options.flatMap(({ long, short }) => [long, short]));
    for (const line of lines) {
      const given = [...line.replaceAll(/"[^"]*"/g, "").matchAll(/(?<= )--?[a-z][a-z-]*/g)].map(([option]) => option);
      expect(given.filter((option) => !known.has(option))).toEqual([]);
    }
  });

  it.each(
    createProgram()
      .commands.filter((command) => command.commands.length > 0)
      .map((group) => [group.name(), group] as const),
  )("%s, a group, shows what can be done with it", (name, group) => {
    expect(helpOf(group)).toMatch(new RegExp(`^ {2}\\$ npx imprimatur ${name} `, "m"));
  });

  it("covers every verb", () => {
    expect(commands.length).toBeGreaterThan(20);
  });
});
