import { relative, resolve } from "node:path";
import { nearestHint, refuseInput } from "../../release/errors.ts";
import { Gate } from "../../release/gate.ts";
import { isFinal } from "../../release/judgement/waivers.ts";
import { ofKind, readRecords, type SignedRecord } from "../../release/records.ts";
import { readExpiry, readReason } from "../approve/options.ts";
import { type Done, Refusal, reportOutcome } from "../approve/outcome.ts";
import { checkPower, judgedAtNote, whoMay } from "../approve/signing.ts";
import { readCandidates, readRelease, releaseText, subjectOf } from "../candidate.ts";
import { type Context, type GlobalOptions, openContext } from "../context.ts";
import { signRecord, writeRecord } from "../signedRecord.ts";
import { openSign, type SigningOptions, withSigningOptions } from "../signers.ts";
import { examples, runsVerb, type Verb } from "../verb.ts";

interface WaiveOptions extends SigningOptions {
  readonly for?: string;
  readonly rule?: string;
  readonly reason?: string;
  readonly expires?: string;
  readonly sign?: string;
  readonly json?: boolean;
}

export const waive: Verb = (program) => {
  const command = program
    .command("waive")
    .description("Sign an exception from one requirement; it counts when a second person has signed the same text")
    .argument("[module]", "the module")
    .argument("[version]", "the release")
    .option("--for <stack>", "the stack that it is to run in")
    .option("--rule <id>", "the requirement, as `requires` names it, such as soak:staging")
    .option("--reason <text>", "why; it is kept and shown")
    .option("--expires <instant or Nd>", "until when it counts")
    .option("--sign <file>", "sign the waiver that another person has signed");
  withSigningOptions(command)
    .option("--json", "print the outcome as JSON (schemas/outcome.json)")
    .addHelpText(
      "after",
      examples(
        'waive skaha 1.1.0 --for prod --rule soak:staging --reason "security fix" --expires 2d',
        "waive --sign catalog/evidence/skaha/1.1.0/waiver-0123456789ab.sigstore.json",
      ),
    )
    .action(runsVerb<WaiveOptions>((args, options) => reportOutcome("waive", options, () => run(args, options))));
};

async function run(args: readonly string[], options: WaiveOptions & GlobalOptions): Promise<Done> {
  const context = openContext(options);
  return options.sign === undefined ? signFirst(context, args, options) : signSecond(context, options.sign, options);
}

async function signFirst(context: Context, args: readonly string[], options: WaiveOptions): Promise<Done> {
  const [moduleName = "", version = ""] = args;
  const { for: stackName, rule, reason: given, expires: end } = options;
  if (version === "" || stackName === undefined || rule === undefined || given === undefined || end === undefined) {
    const message =
      "needs <module> <version> --for --rule --reason --expires; or --sign <file> for the second signature";
    refuseInput({ file: "waive", path: "", message });
  }
  const now = new Date();
  const reason = readReason(given);
  const expires = readExpiry("--expires", end, now);
  const named = readRelease(context, moduleName, version);
  const { stack, candidates } = readCandidates(context, stackName, [named]);
  const items = candidates.flatMap(
    (candidate) => new Gate(context.catalogue, context.files, now).judge(candidate, stack).items,
  );
  checkRule(rule, items, releaseText(named), stack.name);
  const sign = await openSign(options);
  const predicate = { rule, stack: stack.name, reason, at: now.toISOString(), expires: expires.toISOString() };
  const subjects = [subjectOf(named)];
  const bundle = await signRecord(context, sign, "waiver", subjects, predicate);
  const { authority } = context.catalogue;
  checkPower(authority, bundle.person, "waive", [moduleName], now);
  const [path = ""] = writeRecord(context, "waiver", bundle, subjects);
  const others = whoMay(authority, "waive", moduleName, now).filter((person) => person !== bundle.person);
  const who =
    others.length === 0 ? "nobody else may waive: give somebody a role that may" : `by ${others.join(" or ")}`;
  return {
    headline: `waiver of ${rule} for ${releaseText(named)} in ${stack.name}, signed by ${bundle.person}: it lacks a second signature`,
    written: [path],
    person: bundle.person,
    notes: [`next: npx imprimatur waive --sign ${path} (${who})`, ...judgedAtNote(context)],
  };
}

function checkRule(rule: string, items: readonly { id: string; state: string }[], name: string, stack: string): void {
  if (isFinal(rule)) {
    throw new Refusal(`no waiver lifts ${rule}`, ["who said it can vote again; a revoked release needs a new version"]);
  }
  const found = items.find(({ id }) => id === rule);
  if (found === undefined) {
    const hint = nearestHint(
      rule,
      items.map(({ id }) => id),
    );
    refuseInput({ file: "--rule", path: "", message: `${stack} asks ${name} for no such thing`, value: rule, ...hint });
  }
  if (found.state === "met") throw new Refusal(`${rule} is met: there is nothing to waive`);
}

async function signSecond(context: Context, file: string, options: WaiveOptions): Promise<Done> {
  const { catalogue } = context;
  const now = new Date();
  const first = readWaiver(context, file, now);
  const { module: moduleName, version } = releaseOf(first.path);
  const named = readRelease(context, moduleName, version);
  if (!first.subjects.includes(named.release.manifestDigest)) {
    throw new Refusal(`${first.path} is about another manifest than that of ${releaseText(named)}`);
  }
  if (Date.parse(first.predicate.expires) <= now.getTime())
    throw new Refusal(`it ran out at ${first.predicate.expires}`);
  const sign = await openSign(options);
  const subjects = [subjectOf(named)];
  const bundle = await signRecord(context, sign, "waiver", subjects, first.predicate);
  // Who waives must have been one who may when the text was made: that is the instant that a judgement asks for.
  checkPower(catalogue.authority, bundle.person, "waive", [moduleName], new Date(first.predicate.at));
  if (bundle.person === first.person) {
    const others = whoMay(catalogue.authority, "waive", moduleName, now).filter((person) => person !== first.person);
    throw new Refusal(`${first.person} has signed it already: a waiver takes two people`, [
      `ask ${others.join(" or ")}`,
    ]);
  }
  const written = writeRecord(context, "waiver", bundle, subjects);
  const { rule, stack, expires } = first.predicate;
  return {
    headline: `✔ ${rule} is waived for ${releaseText(named)} in ${stack} until ${expires}, by ${first.person} and ${bundle.person}`,
    written,
    person: bundle.person,
    notes: judgedAtNote(context),
  };
}

/** A waiver of the catalogue by its path: from the root of the checkout, or from where the command runs. */
function readWaiver({ root, files, catalogue }: Context, file: string, now: Date): SignedRecord<"waiver"> {
  const path = files.read(file) === undefined ? relative(root, resolve(file)).replaceAll("\\", "/") : file;
  const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
  const none = { file: "--sign", path: "", message: "is no waiver among the records of a release", value: file };
  if (!/^catalog\/evidence\/[^/]+\/[^/]+$/.test(folder)) refuseInput(none);
  const { records, unusable } = readRecords(files, folder, catalogue.ring, { now });
  const found = ofKind(records, "waiver").find((record) => record.path === path);
  if (found !== undefined) return found;
  const why = unusable.find((entry) => entry.path === path)?.message;
  refuseInput(why === undefined ? none : { ...none, message: why });
}

function releaseOf(path: string): { module: string; version: string } {
  const [, , module = "", version = ""] = path.split("/");
  return { module, version };
}
