import { Command } from "commander";
import { examples, type Verb } from "./verb.ts";
import { plan } from "./verbs/plan.ts";
import { preview } from "./verbs/preview.ts";
import { schemas } from "./verbs/schemas.ts";

/** Every verb, in the order that help shows them. */
const VERBS: readonly Verb[] = [preview, plan, schemas];

/** The command with all its verbs. Usage errors are thrown as CommanderError. */
export function createProgram(): Command {
  const program = new Command("imprimatur")
    .description("Decides what may run in production, and shows why.")
    .option("-C, --directory <path>", "work on the checkout that this directory belongs to")
    .option("--no-color", "print without colours, as with NO_COLOR")
    .option("--debug", "print a stack trace with an error")
    .addHelpText(
      "after",
      `${examples("preview", "preview prod --set skaha=1.1.0")}\n\nExit codes: 0 fine, 1 refused by a rule, 2 bad input.`,
    )
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();
  for (const add of VERBS) add(program);
  return program;
}
