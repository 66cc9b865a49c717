import { readReason } from "../approve/options.ts";
import { type Done, reportOutcome } from "../approve/outcome.ts";
import { checkPower, judgedAtNote } from "../approve/signing.ts";
import { readRelease, releaseText, subjectOf } from "../candidate.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { signRecord, writeRecord } from "../signedRecord.ts";
import { openSign, type SigningOptions, withSigningOptions } from "../signers.ts";
import { examples, runsVerb, type Verb } from "../verb.ts";

interface BlockOptions extends SigningOptions {
  readonly for?: string;
  readonly reason: string;
  readonly json?: boolean;
}

export const block: Verb = (program) => {
  const command = program
    .command("block")
    .description("Keep a release from being promoted; where it runs already, it keeps running")
    .argument("<module>", "the module")
    .argument("<version>", "the release")
    .option("--for <stack>", "for this stack only (default: for all)")
    .requiredOption("--reason <text>", "why; it is kept and shown");
  withSigningOptions(command)
    .option("--json", "print the outcome as JSON (schemas/outcome.json)")
    .addHelpText("after", examples('block skaha 1.1.0 --for prod --reason "wait for the database upgrade"'))
    .action(runsVerb<BlockOptions>((args, options) => reportOutcome("block", options, () => run(args, options))));
};

async function run(
  [moduleName = "", version = ""]: readonly string[],
  options: BlockOptions & GlobalOptions,
): Promise<Done> {
  const context = openContext(options);
  const reason = readReason(options.reason);
  const named = readRelease(context, moduleName, version);
  const stack = options.for === undefined ? undefined : context.catalogue.stack(options.for).name;
  const sign = await openSign(options);
  const now = new Date();
  const subjects = [subjectOf(named)];
  const predicate = { ...(stack === undefined ? {} : { stack }), reason, at: now.toISOString() };
  const bundle = await signRecord(context, sign, "block", subjects, predicate);
  checkPower(context.catalogue.authority, bundle.person, "block", [moduleName], now);
  const written = writeRecord(context, "block", bundle, subjects);
  const headline = `${releaseText(named)} is blocked for ${stack ?? "every stack"} by ${bundle.person}: ${reason}`;
  return { headline, written, person: bundle.person, notes: judgedAtNote(context) };
}
