import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { refuseInput } from "../../release/errors.ts";
import { writeFileAtomically } from "../../store/write.ts";
import { type JudgingOptions, judgingInstant, withJudgingOptions } from "../approve/options.ts";
import { type Done, reportOutcome } from "../approve/outcome.ts";
import { boardModel } from "../board/model.ts";
import { boardPage } from "../board/page.ts";
import { publicBoard } from "../board/public.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { count } from "../render/text.ts";
import { collectStatus } from "../status/collect.ts";
import { examples, runsVerb, type Verb } from "../verb.ts";

interface BoardOptions extends JudgingOptions {
  readonly out: string;
  readonly public?: boolean;
  readonly json?: boolean;
}

export const board: Verb = (program) => {
  const command = program
    .command("board")
    .description("Write a page that shows what runs where, and each release's way through its gates")
    .argument("[stack...]", "stacks to show; all by default")
    .requiredOption("--out <directory>", "where to write index.html")
    .option("--public", "leave out people, reasons and settings");
  withJudgingOptions(command)
    .option("--json", "print the outcome as JSON (schemas/outcome.json)")
    .addHelpText("after", examples("board --out site", "board prod staging --public --out public"))
    .action(runsVerb<BoardOptions>((args, options) => reportOutcome("board", options, () => run(args, options))));
};

async function run(names: readonly string[], options: BoardOptions & GlobalOptions): Promise<Done> {
  const context = openContext(options);
  const out = resolve(options.out);
  if (statSync(out, { throwIfNoEntry: false })?.isFile()) {
    const message = "is a file: name the directory to write index.html into";
    refuseInput({ file: "--out", path: "", message, value: options.out });
  }
  const at = judgingInstant(context, options.at);
  const model = boardModel(context, collectStatus(context, names, at), at);
  const page = boardPage(options.public ? publicBoard(model) : model);
  const path = join(out, "index.html");
  writeFileAtomically(path, page);
  const headline = `${path}: ${count(model.modules.length, "module")} in ${count(model.report.stacks.length, "environment")}, ${Math.ceil(page.length / 1024)} KiB, nothing loaded from elsewhere`;
  return { headline, written: [path] };
}
