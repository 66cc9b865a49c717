import { blessingStatement } from "../../release/blessing.ts";
import { type Candidate, Gate } from "../../release/gate.ts";
import type { Judgement } from "../../release/judgement/item.ts";
import { recordFileName, recordFolder } from "../../release/records.ts";
import { asksForBlessing } from "../../release/requirements.ts";
import type { TrustedStack } from "../../release/schema/trust.ts";
import type { AgainstOptions } from "../../store/checkout.ts";
import { withAgainstOptions } from "../approve/options.ts";
import { type Done, endsInOutcome, Refusal } from "../approve/outcome.ts";
import { inTheWay, requirementReport } from "../approve/requirements.ts";
import { checkPower, filesWith, judgedAtNote } from "../approve/signing.ts";
import {
  type ReleaseOptions,
  readCandidates,
  readReleases,
  releaseArguments,
  releaseText,
  subjectOf,
  withReleases,
} from "../candidate.ts";
import { type Context, type GlobalOptions, openContext } from "../context.ts";
import { type SignedBundle, signChecked } from "../signedRecord.ts";
import { openSign, type Sign, type SigningOptions, withSigningOptions } from "../signers.ts";
import type { Verb } from "../verb.ts";
import { writeAll } from "../writeAll.ts";

interface BlessOptions extends ReleaseOptions, SigningOptions, AgainstOptions, GlobalOptions {
  readonly for: string;
}

/** A release that is to be blessed, and what it was found to have. */
interface Judged {
  readonly candidate: Candidate;
  readonly judgement: Judgement;
}

export const bless: Verb = (program) => {
  const command = program
    .command("bless")
    .description(
      "Judge releases for a stack now and, where each has all that is asked for, sign that they may run there",
    )
    .requiredOption("--for <stack>", "the stack that they are to run in");
  endsInOutcome<BlessOptions>(
    withAgainstOptions(withSigningOptions(withReleases(command))),
    run,
    "bless skaha 1.1.0 --for prod",
    "bless --train canfar-2026-q3 --for prod",
  );
};

/** A blessing is dated now, so it is judged now: there is no `--at`. All are blessed or none. */
async function run(args: readonly string[], options: BlessOptions): Promise<Done> {
  const context = openContext(options);
  const { catalogue, files } = context;
  const named = readReleases(context, args, options);
  const { stack, candidates } = readCandidates(context, options.for, named);
  const now = new Date();
  if (!asksForBlessing(catalogue.formality, stack)) {
    return { headline: `${stack.name} asks for no blessing: nothing to sign`, written: [] };
  }
  const gate = new Gate(catalogue, files, now);
  const standings = candidates.map((candidate) => ({ candidate, ...gate.standing(candidate, stack) }));
  const already = standings.flatMap(({ candidate, blessing }) =>
    blessing ? [`${releaseText(candidate)} is blessed for ${stack.name} already, by ${blessing.person}`] : [],
  );
  const wanted = standings
    .filter(({ blessing }) => blessing === undefined)
    .map(({ candidate }): Judged => ({ candidate, judgement: gate.judge(candidate, stack) }));
  if (wanted.length === 0) return { headline: already.join("; "), written: [] };
  checkPassed(context, stack, wanted, now);

  const sign = await openSign(options);
  const bundles = [];
  for (const judged of wanted) bundles.push(await signBlessing(context, sign, stack, judged, now));
  const edits = bundles.map(({ path, bytes }) => ({ path, before: undefined, after: bytes }));
  writeAll(context.root, edits);
  const names = wanted.map(({ candidate }) => releaseText(candidate)).join(", ");
  const [{ person } = { person: "" }] = bundles;
  return {
    headline: `✔ ${names} ${wanted.length === 1 ? "is" : "are"} blessed for ${stack.name} by ${person}`,
    written: edits.map(({ path }) => path),
    person,
    notes: [
      ...already,
      `next: npx imprimatur promote ${releaseArguments(named)} --to ${stack.name}`,
      ...judgedAtNote(context),
    ],
  };
}

/** @throws Refusal with all that each of them lacks */
function checkPassed({ catalogue }: Context, stack: TrustedStack, wanted: readonly Judged[], now: Date): void {
  const lacking = wanted.filter(({ judgement }) => !judgement.passed);
  if (lacking.length === 0) return;
  const missing = lacking.map(({ candidate, judgement }) => {
    const { name } = candidate.module;
    const items = judgement.items.map((item) => requirementReport(item, catalogue.authority, name, now));
    return [`${releaseText(candidate)} for ${stack.name}`, inTheWay(items)] as const;
  });
  const names = lacking.map(({ candidate }) => releaseText(candidate)).join(", ");
  const others = wanted.length > lacking.length ? "; nothing else is blessed either" : "";
  const reason = `${names} ${lacking.length === 1 ? "does" : "do"} not have all that ${stack.name} asks for${others}`;
  throw new Refusal(reason, [], Object.fromEntries(missing));
}

/** Signs one blessing. It is judged as every later reader will, before it is there for them to read. */
async function signBlessing(
  context: Context,
  sign: Sign,
  stack: TrustedStack,
  { candidate, judgement }: Judged,
  now: Date,
): Promise<SignedBundle & { readonly path: string }> {
  const { catalogue } = context;
  const subject = subjectOf(candidate);
  const statement = blessingStatement(candidate, stack, judgement, catalogue.formalityDigest, now);
  const bundle = await signChecked(context, sign, statement);
  checkPower(catalogue.authority, bundle.person, "bless", [subject.module], now);
  const after = new Gate(catalogue, filesWith(context, "blessing", bundle, [subject]), now).standing(candidate, stack);
  if (after.blessing?.digest !== bundle.digest) throw new Error("the blessing that was signed would not count");
  const path = `${recordFolder(subject.module, subject.version)}/${recordFileName("blessing", bundle.digest)}`;
  return { ...bundle, path };
}
