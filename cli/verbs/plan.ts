import { join } from "node:path";
import { linesLost } from "../../release/admission/shorter.ts";
import { Plan, planText } from "../../release/plan.ts";
import { writeFileAtomically } from "../../store/write.ts";
import { type Context, type GlobalOptions, openContext } from "../context.ts";
import { chooseEngine, ENGINE_CHOICES } from "../engines.ts";
import { createProgress } from "../progress.ts";
import { count } from "../render/text.ts";
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
    .map(({ stack, plan }) => ({ stack, plan, path: `plans/${stack}.json`, text: planText(plan) }))
    .map((each) => ({ ...each, committed: decoder.decode(files.read(each.path)) }))
    .filter(({ text, committed }) => committed !== text)
    .map(({ path, text, committed, stack, plan }) => ({
      path,
      text,
      lost: lostSince(context, stack, committed, plan),
    }));
  for (const { path, text, lost } of stale) {
    if (options.write) writeFileAtomically(join(root, path), text);
    const state = lost === undefined ? "is out of date" : `has ${count(lost, "line")} that left the lists since`;
    console.log(`${path} ${options.write ? "written" : state}`);
  }
  if (stale.length === 0) console.log("all plans are up to date");
  else if (!options.write) console.log("next: npx imprimatur plan --write");
  return options.write || stale.every(({ lost }) => lost !== undefined) ? 0 : 1;
}

/** The lines that the committed plan of an admission gate has too many, where that is all: time does not make it wrong. */
function lostSince({ catalogue }: Context, stack: string, committed: string, desired: Plan): number | undefined {
  if (committed === "" || catalogue.stack(stack).gates === undefined) return undefined;
  return linesLost(Plan.parse(JSON.parse(committed)), desired);
}
