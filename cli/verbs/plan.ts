import { join } from "node:path";
import { linesLost } from "../../release/admission/shorter.ts";
import { Plan } from "../../release/plan.ts";
import { openRepository } from "../../store/git.ts";
import { writeFileAtomically } from "../../store/write.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { ENGINE_CHOICES } from "../engines.ts";
import { stalePlans } from "../plans.ts";
import { count } from "../render/text.ts";
import { namesOrAll, readStacks } from "../stacks.ts";
import { type ExitCode, examples, runsVerb, type Verb } from "../verb.ts";
import type { TextEdit } from "../writeAll.ts";

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
  const edits = await stalePlans(context, inputs, options.engine);
  const committed = readCommitted(context.root);
  const stale = edits.map((edit) => ({ ...edit, lost: edit.before === committed(edit.path) ? lostSince(edit) : 0 }));
  for (const { path, after, lost } of stale) {
    if (options.write) writeFileAtomically(join(context.root, path), after);
    const state = lost === 0 ? "is out of date" : `has ${count(lost, "line")} that left the lists since`;
    console.log(`${path} ${options.write ? "written" : state}`);
  }
  if (stale.length === 0) console.log("all plans are up to date");
  else if (!options.write) console.log("next: npx imprimatur plan --write");
  return options.write || stale.every(({ lost }) => lost > 0) ? 0 : 1;
}

/** What the last commit has. A plan that somebody has changed since has to be right to the letter. */
function readCommitted(root: string): (path: string) => string | undefined {
  const repository = openRepository(root);
  const head = "reason" in repository ? undefined : repository.commitOf("HEAD");
  if ("reason" in repository || head === undefined) return () => undefined;
  const files = repository.filesAt(head);
  return (path) => new TextDecoder().decode(files.read(path));
}

/** How many lines the committed plan of an admission gate has too many, where that is all: time does not make it wrong. */
function lostSince({ before = "", after }: TextEdit): number {
  const [approved, desired] = [before, after].map(readPlan);
  return (approved && desired && linesLost(approved, desired)) ?? 0;
}

function readPlan(text: string): Plan | undefined {
  try {
    return Plan.parse(JSON.parse(text));
  } catch {
    // It is none, so it is out of date.
    return undefined;
  }
}
