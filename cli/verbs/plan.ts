import { join } from "node:path";
import { writeFileAtomically } from "../../store/write.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { ENGINE_CHOICES } from "../engines.ts";
import { stalePlans } from "../plans.ts";
import { namesOrAll, readStacks } from "../stacks.ts";
import { type ExitCode, examples, runsVerb, type Verb } from "../verb.ts";

interface PlanOptions {
  readonly write?: boolean;
  readonly engine: string;
}

export const plan: Verb = (program) => {
  program
    .command("plan")
    .description("Check the committed plans/<stack>.json, or renew them")
    .argument("[stack...]", "stacks to plan; all by default")
    .option("--write", "write the plans that are out of date")
    .option("--engine <name>", `how to find out: ${ENGINE_CHOICES.join(", ")}`, "auto")
    .addHelpText("after", examples("plan", "plan --write", "plan prod --write"))
    .action(runsVerb(run));
};

async function run(names: readonly string[], options: PlanOptions & GlobalOptions): Promise<ExitCode> {
  const context = openContext(options);
  const inputs = readStacks(context, namesOrAll(context, names), []).map(({ input }) => input);
  const stale = await stalePlans(context, inputs, options.engine);
  for (const { path, after } of stale) {
    if (options.write) writeFileAtomically(join(context.root, path), after);
    console.log(options.write ? `${path} written` : `${path} is out of date`);
  }
  if (stale.length === 0) console.log("all plans are up to date");
  else if (!options.write) console.log("next: npx imprimatur plan --write");
  return stale.length === 0 || options.write ? 0 : 1;
}
