import { resolve } from "node:path";
import { prettyJson } from "../../release/json.ts";
import { writeFileAtomically } from "../../store/write.ts";
import { type JudgingOptions, judgingInstant, withJudgingOptions } from "../approve/options.ts";
import { readCandidates, readReleases } from "../candidate.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { buildPlan } from "../drplan/build.ts";
import { renderPlan } from "../drplan/markdown.ts";
import { count } from "../render/text.ts";
import { readStacks } from "../stacks.ts";
import { type ExitCode, examples, runsVerb, type Verb } from "../verb.ts";

interface DrPlanOptions extends JudgingOptions, GlobalOptions {
  readonly release?: readonly string[];
  readonly out?: string;
  readonly json?: boolean;
}

export const drplan: Verb = (program) => {
  const command = program
    .command("drplan")
    .description(
      "Write the disaster-recovery plan of a stack or a release: known good, order, commands, who is on call",
    )
    .argument("<stack>", "the stack")
    .option("--release <release...>", "a train, <module> <version>, or <module>@<version> each (default: what it pins)")
    .option("--out <file>", "write it there, as Markdown or, with --json, as JSON");
  withJudgingOptions(command)
    .option("--json", "as JSON (schemas/drplan.json)")
    .addHelpText(
      "after",
      examples(
        "drplan prod",
        "drplan prod --release maya-io 2.4.1+c07aa51 --out dr-plan.md",
        "attest maya-io 2.4.1+c07aa51 --type dr-plan --file dr-plan.md",
      ),
    )
    .action(runsVerb(run));
};

/** Exits 1 where the plan has gaps: it is written all the same, and says which. */
async function run([stack = ""]: readonly string[], options: DrPlanOptions): Promise<ExitCode> {
  const context = openContext(options);
  const at = judgingInstant(context, options.at);
  const releases = options.release === undefined ? [] : readReleases(context, options.release);
  const platform =
    releases.length === 0
      ? readStacks(context, [stack], [])[0]?.platform
      : readCandidates(context, stack, releases).platform;
  if (platform === undefined) throw new Error(`stack ${stack} was not read`);
  const plan = buildPlan(
    context,
    platform,
    releases.map(({ module }) => module.name),
    at,
  );
  const text = options.json ? prettyJson(plan) : renderPlan(plan);
  if (options.out === undefined) process.stdout.write(text);
  else {
    writeFileAtomically(resolve(options.out), text);
    const gaps = plan.gaps.map((gap) => `  ✘ ${gap}\n`).join("");
    const found = plan.gaps.length === 0 ? "" : `, with ${count(plan.gaps.length, "gap")}`;
    process.stdout.write(`${options.out} written${found}\n${gaps}`);
  }
  return plan.gaps.length === 0 ? 0 : 1;
}
