import { resolve } from "node:path";
import { prettyJson } from "../../release/json.ts";
import { judgingEnvironment } from "../../store/checkout.ts";
import { writeFileAtomically } from "../../store/write.ts";
import { type JudgingOptions, readInstant, withJudgingOptions } from "../approve/options.ts";
import { findBase } from "../base.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { chooseEngine, ENGINE_CHOICES } from "../engines.ts";
import { policyPack } from "../pack.ts";
import { terminalWidth } from "../print.ts";
import { createProgress } from "../progress.ts";
import { renderMarkdown } from "../render/markdown.ts";
import { createStyle, wantsColour } from "../render/style.ts";
import { renderTerminal } from "../render/terminal.ts";
import { buildReport, type PreviewReport } from "../report.ts";
import { namesOrAll, readStacks } from "../stacks.ts";
import { type ExitCode, examples, repeatable, runsVerb, type Verb } from "../verb.ts";

interface PreviewOptions extends JudgingOptions {
  readonly base?: string;
  readonly set?: readonly string[];
  readonly engine: string;
  readonly json?: boolean;
  readonly markdown?: string;
}

/** Wider lines are hard to read, and make poor pictures. */
const MAX_WIDTH = 100;

export const preview: Verb = (program) => {
  const command = program
    .command("preview")
    .description("Show what each stack would contain and change, and whether policies refuse it")
    .argument("[stack...]", "stacks to preview; all by default")
    .option("--base <git ref>", "compare with the plans of this commit (default: merge base with the main branch)")
    .option(
      "--set <module=version>",
      "judge as if this were pinned; a channel or full pin will do; repeatable",
      repeatable,
    )
    .option("--engine <name>", `how to find out: ${ENGINE_CHOICES.join(", ")}`, "auto")
    .option("--json", "print the preview as JSON (schemas/preview.json)")
    .option("--markdown <file>", "also write it as a comment for a pull request")
    .addHelpText("after", examples("preview", "preview prod --set skaha=1.1.0", "preview --markdown comment.md"))
    .action(runsVerb(run));
  withJudgingOptions(command);
};

async function run(names: readonly string[], options: PreviewOptions & GlobalOptions): Promise<ExitCode> {
  const report = await previewStacks(names, options);
  if (options.markdown !== undefined) writeFileAtomically(resolve(options.markdown), renderMarkdown(report));
  if (options.json) {
    process.stdout.write(prettyJson(report));
  } else {
    const width = terminalWidth(MAX_WIDTH);
    process.stdout.write(renderTerminal(report, createStyle(wantsColour(process.stdout, options.color)), width));
  }
  return report.allowed ? 0 : 1;
}

/** Everything that can be wrong with what the user gave is found before a process is started. */
async function previewStacks(
  names: readonly string[],
  options: PreviewOptions & GlobalOptions,
): Promise<PreviewReport> {
  const context = openContext(options);
  const { at } = options;
  if (at !== undefined) readInstant("--at", at);
  const stacks = readStacks(context, namesOrAll(context, names), options.set ?? []);
  const base = findBase(context.root, options.base);
  const pack = policyPack(context);
  const { engine, reason } = await chooseEngine(options.engine, context.root);

  // How the program and the pack are told, which judge as well.
  const env = judgingEnvironment({ ...options, at });
  const progress = createProgress(process.stderr);
  try {
    const inputs = stacks.map(({ input }) => input);
    const results = await engine.preview(inputs, { root: context.root, pack, env, onProgress: progress.report });
    const facts = { engine: { name: engine.name, reason }, base, sets: options.set ?? [], stacks, results };
    return buildReport({ ...facts, ...(at && { at }) });
  } finally {
    progress.finish();
  }
}
