import { EventEmitter } from "node:events";
import type { Command } from "commander";
import type { GlobalOptions } from "./context.ts";

/** What a verb ends with: 0 fine, 1 refused by a rule. Bad input is thrown as an InputError, and ends with 2. */
export type ExitCode = 0 | 1;

/** A verb of the command: adds itself, with its options and an example, to the program. */
export type Verb = (program: Command) => void;

/** What a verb does with its arguments and options. */
export type VerbAction<Options> = (args: readonly string[], options: Options & GlobalOptions) => Promise<ExitCode>;

/** Makes commander call a verb, and keeps the exit code that it ends with. */
export function runsVerb<Options>(run: VerbAction<Options>) {
  return async function (this: Command): Promise<void> {
    const code = await run(
      this.processedArgs
        .flat()
        .filter((arg) => arg !== undefined)
        .map(String),
      this.optsWithGlobals<Options & GlobalOptions>(),
    );
    // Set, not exited with: what is still being written must get out.
    process.exitCode = code;
  };
}

/** Collects the values of an option that may be given several times. */
export function repeatable(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** The part of a verb's help that shows it in use. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ npx imprimatur ${line}`).join("\n")}`;
}

/** Shows with a group the first example of each of its verbs, where it has none of its own. */
export function showExamplesBelow(group: Command): void {
  if (examplesOf(group).length > 0) return;
  const first = group.commands.flatMap((command) => examplesOf(command).slice(0, 1));
  if (first.length > 0) group.addHelpText("after", examples(...first));
}

/** The examples that a command's help ends with: commander keeps what was added to a help in its listeners alone. */
function examplesOf(command: Command): string[] {
  let text = "";
  const write = (part: string) => {
    text += part;
  };
  EventEmitter.prototype.emit.call(command, "afterHelp", { error: false, command, write });
  return [...text.matchAll(/^ {2}\$ npx imprimatur (.*)$/gm)].map(([, line = ""]) => line);
}
