import { refuseInput } from "../../release/errors.ts";
import { type Announcement, openAnnouncer } from "../announce.ts";
import { type Done, reportOutcome } from "../approve/outcome.ts";
import { readToolFile } from "../attest/file.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { examples, runsVerb, type Verb } from "../verb.ts";

interface AnnounceOptions extends GlobalOptions {
  readonly file?: string;
  readonly stack?: string;
  readonly report?: boolean;
  readonly json?: boolean;
}

/** Far more than a channel shows. */
const MAX_BYTES = 1024 * 1024;

export const announce: Verb = (program) => {
  program
    .command("announce")
    .description("Tell the channel of catalog/trust/chat.yaml something: a notice, or a report of a tool")
    .argument("[text]", "what to tell")
    .option("--file <file>", "tell what this file says; its beginning, where it is long")
    .option("--stack <stack>", "the stack that it is about")
    .option("--report", "it is the report of a test or a scan")
    .option("--json", "print the outcome as JSON (schemas/outcome.json)")
    .addHelpText(
      "after",
      examples('announce "maintenance at 15:00: save your work" --stack prod', "announce --report --file summary.txt"),
    )
    .action(runsVerb<AnnounceOptions>((args, options) => reportOutcome("announce", options, () => run(args, options))));
};

async function run([typed]: readonly string[], options: AnnounceOptions): Promise<Done> {
  const context = openContext(options);
  if ((typed === undefined) === (options.file === undefined)) {
    refuseInput({ file: "announce", path: "", message: "give a text or a --file, and not both" });
  }
  const file = options.file === undefined ? undefined : readToolFile(options.file, MAX_BYTES);
  const text = (typed ?? new TextDecoder().decode(file)).trim();
  if (text === "") refuseInput({ file: options.file ?? "<text>", path: "", message: "says nothing" });
  const stack = options.stack === undefined ? undefined : context.catalogue.stack(options.stack).name;
  const kind: Announcement["kind"] = options.report ? "report" : "notice";
  await openAnnouncer(context).say({ kind, text, ...(stack === undefined ? {} : { stack }) });
  const [first = ""] = text.split("\n");
  return { headline: `told: ${first}`, written: [] };
}
