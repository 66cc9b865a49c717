import { readReason } from "../approve/options.ts";
import { type Done, reportOutcome } from "../approve/outcome.ts";
import { checkPower, judgedAtNote } from "../approve/signing.ts";
import { readRelease, releaseText, subjectOf } from "../candidate.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { signRecord, writeRecord } from "../signedRecord.ts";
import { openSign, type SigningOptions, withSigningOptions } from "../signers.ts";
import { examples, runsVerb, type Verb } from "../verb.ts";

interface RevokeOptions extends SigningOptions {
  readonly reason: string;
  readonly json?: boolean;
}

export const revoke: Verb = (program) => {
  const command = program
    .command("revoke")
    .description("Say that a release must run nowhere any more; nothing takes that back")
    .argument("<module>", "the module")
    .argument("<version>", "the release")
    .requiredOption("--reason <text>", "why; it is kept and shown");
  withSigningOptions(command)
    .option("--json", "print the outcome as JSON (schemas/outcome.json)")
    .addHelpText("after", examples('revoke skaha 1.1.0 --reason "leaks session tokens"'))
    .action(runsVerb<RevokeOptions>((args, options) => reportOutcome("revoke", options, () => run(args, options))));
};

async function run(
  [moduleName = "", version = ""]: readonly string[],
  options: RevokeOptions & GlobalOptions,
): Promise<Done> {
  const context = openContext(options);
  const reason = readReason(options.reason);
  const named = readRelease(context, moduleName, version);
  const sign = await openSign(options);
  const now = new Date();
  const subjects = [subjectOf(named)];
  const bundle = await signRecord(context, sign, "revocation", subjects, { reason, at: now.toISOString() });
  checkPower(context.catalogue.authority, bundle.person, "revoke", [moduleName], now);
  const written = writeRecord(context, "revocation", bundle, subjects);
  const headline = `${releaseText(named)} is revoked by ${bundle.person}: ${reason}`;
  const notes = [
    "it stops new applications when it is merged; what runs is stopped by whoever runs it",
    ...judgedAtNote(context),
  ];
  return { headline, written, person: bundle.person, notes };
}
