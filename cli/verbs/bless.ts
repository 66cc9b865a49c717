import { blessingStatement } from "../../release/blessing.ts";
import { Gate } from "../../release/gate.ts";
import { asksForBlessing } from "../../release/requirements.ts";
import type { AgainstOptions } from "../../store/checkout.ts";
import { withAgainstOptions } from "../approve/options.ts";
import { type Done, Refusal, reportOutcome } from "../approve/outcome.ts";
import { inTheWay, requirementReport } from "../approve/requirements.ts";
import { checkPower, filesWith, judgedAtNote } from "../approve/signing.ts";
import { readCandidates, readRelease, releaseText, subjectOf } from "../candidate.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { signChecked, writeRecord } from "../signedRecord.ts";
import { openSign, type SigningOptions, withSigningOptions } from "../signers.ts";
import { examples, runsVerb, type Verb } from "../verb.ts";

interface BlessOptions extends SigningOptions, AgainstOptions {
  readonly for: string;
  readonly json?: boolean;
}

export const bless: Verb = (program) => {
  const command = program
    .command("bless")
    .description("Judge a release for a stack now and, where it has all that is asked for, sign that it may run there")
    .argument("<module>", "the module")
    .argument("<version>", "the release")
    .requiredOption("--for <stack>", "the stack that it is to run in");
  withAgainstOptions(withSigningOptions(command))
    .option("--json", "print the outcome as JSON (schemas/outcome.json)")
    .addHelpText("after", examples("bless skaha 1.1.0 --for prod"))
    .action(runsVerb<BlessOptions>((args, options) => reportOutcome("bless", options, () => run(args, options))));
};

/** A blessing is dated now, so it is judged now: there is no `--at`. */
async function run(
  [moduleName = "", version = ""]: readonly string[],
  options: BlessOptions & GlobalOptions,
): Promise<Done> {
  const context = openContext(options);
  const { catalogue, files } = context;
  const named = readRelease(context, moduleName, version);
  const { stack, candidates } = readCandidates(context, options.for, [named]);
  const [candidate] = candidates;
  if (candidate === undefined) throw new Error("no candidate was read");
  const name = releaseText(named);
  const now = new Date();
  if (!asksForBlessing(catalogue.formality, stack)) {
    return { headline: `${stack.name} asks for no blessing: nothing to sign`, written: [] };
  }
  const gate = new Gate(catalogue, files, now);
  const { blessing } = gate.standing(candidate, stack);
  if (blessing !== undefined) {
    return { headline: `${name} is blessed for ${stack.name} already, by ${blessing.person}`, written: [] };
  }
  const judgement = gate.judge(candidate, stack);
  if (!judgement.passed) {
    const items = judgement.items.map((item) => requirementReport(item, catalogue.authority, moduleName, now));
    const missing = { [`${name} for ${stack.name}`]: inTheWay(items) };
    throw new Refusal(`${name} does not have all that ${stack.name} asks for`, [], missing);
  }
  const sign = await openSign(options);
  const statement = blessingStatement(candidate, stack, judgement, catalogue.formalityDigest, now);
  const bundle = await signChecked(context, sign, statement);
  checkPower(catalogue.authority, bundle.person, "bless", [moduleName], now);
  const subjects = [subjectOf(named)];
  // Judged as every later reader will, before it is there for them to read.
  const after = new Gate(catalogue, filesWith(context, "blessing", bundle, subjects), now).standing(candidate, stack);
  if (after.blessing?.digest !== bundle.digest) throw new Error("the blessing that was signed would not count");
  const written = writeRecord(context, "blessing", bundle, subjects);
  const notes = [`next: npx imprimatur promote ${name} --to ${stack.name}`, ...judgedAtNote(context)];
  return {
    headline: `✔ ${name} is blessed for ${stack.name} by ${bundle.person}`,
    written,
    person: bundle.person,
    notes,
  };
}
