import { RootCommand } from "@bomb.sh/tab";
import type { Argument, Command, Option } from "commander";
import type { Catalogue } from "../release/catalogue.ts";
import { EVIDENCE_TYPES } from "../release/evidence/types.ts";
import { CHANNELS } from "../release/schema/common.ts";
import { ENGINE_CHOICES } from "./engines.ts";

/** What the words before the one that is completed say, and where names are looked up. */
interface Typed {
  readonly words: readonly string[];
  /** Absent outside of a checkout: verbs and options are completed all the same. */
  readonly catalogue: Catalogue | undefined;
}

/** Values by the placeholder that help shows, such as the stack of `--for <stack>`. */
const VALUES: Readonly<
  Record<string, (typed: Required<Typed> & { readonly catalogue: Catalogue }) => Iterable<string>>
> = {
  stack: ({ catalogue }) => [...catalogue.stackNames, ...catalogue.gateNames],
  module: ({ catalogue }) => catalogue.modules.keys(),
  version: versionsOf,
  release: ({ catalogue, words }) =>
    catalogue.modules.has(words.at(-2) ?? "")
      ? versionsOf({ catalogue, words })
      : [...catalogue.modules.keys(), ...catalogue.trainNames],
  "module@version": ({ catalogue }) => pairs(catalogue, "@"),
  "module=version": ({ catalogue }) => pairs(catalogue, "="),
  role: ({ catalogue }) => catalogue.authority.roles,
  person: ({ catalogue }) => Object.keys(catalogue.authority.people),
  train: ({ catalogue }) => catalogue.trainNames,
  window: ({ catalogue }) => Object.keys(catalogue.calendar.windows),
  channel: () => CHANNELS,
  type: () => Object.keys(EVIDENCE_TYPES),
};

/** Values by option, where the placeholder says too little. */
const BY_OPTION: Readonly<Record<string, readonly string[]>> = { engine: ENGINE_CHOICES };

/**
 * Prints what can follow, in the form that the scripts of `completion` read.
 * @param words what was typed after the command's name; the last one is completed, and may be empty
 */
export function printCompletions(program: Command, words: readonly string[], catalogue: Catalogue | undefined): void {
  if (takesFile(program, words)) {
    // The shell completes names of files itself.
    console.log(":0");
    return;
  }
  const root = new RootCommand();
  addCommands(root, program, [], { words, catalogue });
  root.parse([...words]);
}

function addCommands(root: RootCommand, command: Command, path: readonly string[], typed: Typed): void {
  const help = command.createHelp();
  const target = path.length === 0 ? root : root.command(path.join(" "), command.description());
  for (const option of [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)]) {
    const values = () => valuesOf(option.attributeName(), placeholder(option), option.argChoices, typed);
    const short = option.short?.slice(1);
    const name = option.long?.slice(2) ?? option.name();
    if (takesValue(option)) target.option(name, option.description, (add) => offer(values(), add), short);
    else target.option(name, option.description, short);
  }
  for (const argument of command.registeredArguments) {
    const values = () => valuesOf("", argument.name(), argument.argChoices, typed);
    target.argument(argument.name(), (add) => offer(values(), add), argument.variadic);
  }
  for (const sub of help.visibleCommands(command)) addCommands(root, sub, [...path, sub.name()], typed);
}

function offer(values: Iterable<string>, add: (value: string, description: string) => void): void {
  for (const value of values) add(value, "");
}

function valuesOf(
  option: string,
  name: string,
  choices: Argument["argChoices"],
  { words, catalogue }: Typed,
): Iterable<string> {
  const fixed = choices ?? BY_OPTION[option];
  if (fixed !== undefined) return fixed;
  if (catalogue === undefined) return [];
  try {
    return [...(VALUES[name]?.({ words, catalogue }) ?? [])];
  } catch {
    // A file is malformed: `verify` says so, and a key press must not.
    return [];
  }
}

/** Versions of the last module that was named, newest first. */
function versionsOf({
  catalogue,
  words,
}: {
  readonly catalogue: Catalogue;
  readonly words: readonly string[];
}): string[] {
  const module = words.slice(0, -1).findLast((word) => catalogue.modules.has(word));
  return module === undefined ? [] : [...catalogue.versions(module)].reverse();
}

function pairs(catalogue: Catalogue, sign: string): string[] {
  return [...catalogue.modules.keys()].flatMap((module) =>
    [...catalogue.versions(module)].reverse().map((version) => `${module}${sign}${version}`),
  );
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

/** `stack` of `--to <stack...>`. */
function placeholder({ flags }: Option): string {
  return /[<[]([^>\]]+?)(?:\.\.\.)?[>\]]/.exec(flags)?.[1] ?? "";
}

/** Whether the word that is completed is the value of an option that takes a file or folder. */
function takesFile(program: Command, words: readonly string[]): boolean {
  const before = words.at(-2) ?? "";
  const commands = (command: Command): Command[] => [command, ...command.commands.flatMap(commands)];
  const option = commands(program)
    .flatMap(({ options }) => options)
    .find(({ long, short }) => before !== "" && (before === long || before === short));
  return option !== undefined && /\b(file|directory|path|dir)\b/.test(placeholder(option));
}
