import { script } from "@bomb.sh/tab";
import { Argument } from "commander";
import { openContext } from "../context.ts";
import { examples, runsVerb, type Verb } from "../verb.ts";

const SHELLS = ["bash", "zsh", "fish"];

export const completion: Verb = (program) => {
  program
    .command("completion")
    .description("Print a script that completes verbs, options, stacks, modules and versions in a shell")
    .addArgument(new Argument("<shell>", "whose script").choices(SHELLS))
    .addHelpText("after", examples("completion bash > ~/.imprimatur-completion"))
    .action(
      runsVerb(async ([shell = ""]) => {
        // As most people call it. With an alias `imprimatur`, or the command on the PATH, the shell knows what to complete.
        script(shell, program.name(), `npx --no-install ${program.name()}`);
        return 0;
      }),
    );
  program
    .command("complete", { hidden: true })
    .description("Print what can follow; the scripts call it with all that was typed behind --")
    .argument("[word...]")
    .addHelpText("after", examples("complete -- promote skaha ''"))
    .action(
      runsVerb<object>(async (words, options) => {
        const { printCompletions } = await import("../completion.ts");
        printCompletions(program, words, openCatalogue(options));
        return 0;
      }),
    );
};

/** A key press asks for no explanation: outside of a checkout there are no names to offer. */
function openCatalogue(options: Parameters<typeof openContext>[0]) {
  try {
    return openContext(options).catalogue;
  } catch {
    return undefined;
  }
}
