import { join } from "node:path";
import { planFile, planText } from "../../release/plan.ts";
import { writeFileAtomically } from "../../store/write.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { chooseEngine, ENGINE_CHOICES } from "../engines.ts";
import { createProgress } from "../progress.ts";
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

/** Plans hold what is desired and no verdict, so no policy is asked. */
async function run(names: readonly string[], options: PlanOptions & GlobalOptions): Promise<ExitCode> {
  const context = openContext(options);
  const { root, files } = context;
  const stacks = readStacks(context, namesOrAll(context, names), []);
  const { engine } = await chooseEngine(options.engine, root);
  const progress = createProgress(process.stderr);
  const inputs = stacks.map(({ input }) => input);
  const results = await engine.preview(inputs, { root, onProgress: progress.report }).finally(progress.finish);

  const decoder = new TextDecoder();
  const stale = results
    .map((result) => ({ path: planFile(result.stack), text: planText(result.plan) }))
    .filter(({ path, text }) => decoder.decode(files.read(path)) !== text);
  for (const { path, text } of stale) {
    if (options.write) writeFileAtomically(join(root, path), text);
    console.log(options.write ? `${path} written` : `${path} is out of date`);
  }
  if (stale.length === 0) console.log("all plans are up to date");
  else if (!options.write) console.log("next: npx imprimatur plan --write");
  return stale.length === 0 || options.write ? 0 : 1;
}
