import { relative, resolve } from "node:path";
import { ADMISSION_RULE } from "../../release/admission/lists.ts";
import { gateStackName } from "../../release/admission/names.ts";
import { nearestHint, refuseInput } from "../../release/errors.ts";
import { Gate } from "../../release/gate.ts";
import { isFinal } from "../../release/judgement/waivers.ts";
import { POLICY_WAIVERS } from "../../release/policyWaivers.ts";
import { ofKind, readRecords, type SignedRecord } from "../../release/records.ts";
import { readExpiry, readReason } from "../approve/options.ts";
import { type Done, Refusal, reportOutcome } from "../approve/outcome.ts";
import { refusePolicyAsRule, signPolicyWaiver, signPolicyWaiverToo } from "../approve/policyWaivers.ts";
import { checkPower, judgedAtNote } from "../approve/signing.ts";
import { checkNotOver, checkSecond, readReview, secondNote } from "../approve/twoPeople.ts";
import { readCandidates, readRelease, releaseText, subjectOf } from "../candidate.ts";
import { type Context, type GlobalOptions, openContext } from "../context.ts";
import { signRecord, writeRecord } from "../signedRecord.ts";
import { openSign, type SigningOptions, withSigningOptions } from "../signers.ts";
import { examples, runsVerb, type Verb } from "../verb.ts";

interface WaiveOptions extends SigningOptions {
  readonly for?: string;
  readonly rule?: string;
  readonly policy?: string;
  readonly resource?: string;
  readonly reason?: string;
  readonly expires?: string;
  readonly reviewBy?: string;
  readonly sign?: string;
  readonly json?: boolean;
}

export const waive: Verb = (program) => {
  const command = program
    .command("waive")
    .description(
      "Sign an exception from one requirement or policy; it counts when a second person has signed the same text",
    )
    .argument("[module]", "the module")
    .argument("[version]", "the release")
    .option("--for <stack>", "the stack that it is to run in")
    .option(
      "--rule <id>",
      "the requirement, as `requires` names it, such as soak:staging; or admission-gate, for the cluster to admit it",
    )
    .option(
      "--policy <name>",
      "instead of a requirement: the policy, as `policies` names it, or what is to be done to production: destroy, refresh",
    )
    .option("--resource <urn>", "the resource that violates the policy, as `preview --json` gives it")
    .option("--reason <text>", "why; it is kept and shown")
    .option("--expires <instant, Nd or Nh>", "until when it counts")
    .option("--review-by <person>", "in an emergency: who owes a review of it afterwards, within a week; see `actions`")
    .option("--sign <file>", "sign the waiver that another person has signed");
  withSigningOptions(command)
    .option("--json", "print the outcome as JSON (schemas/outcome.json)")
    .addHelpText(
      "after",
      examples(
        'waive skaha 1.1.0 --for prod --rule soak:staging --reason "security fix" --expires 2d',
        'waive --policy destroy --for prod --reason "moved to another cluster" --expires 1d',
        'waive --policy workload-baseline --resource urn:pulumi:prod::… --for prod --reason "…" --expires 7d',
        'waive skaha 1.1.0 --for prod --rule admission-gate --reason "the release pipeline is down" --expires 4h',
        "waive --sign catalog/evidence/skaha/1.1.0/waiver-0123456789ab.sigstore.json",
      ),
    )
    .action(runsVerb<WaiveOptions>((args, options) => reportOutcome("waive", options, () => run(args, options))));
};

async function run(args: readonly string[], options: WaiveOptions & GlobalOptions): Promise<Done> {
  const context = openContext(options);
  if (options.sign !== undefined) return signSecond(context, options.sign, options);
  if (options.policy === undefined) return signFirst(context, args, options);
  if (args.length > 0 || options.rule !== undefined) {
    const message = "a policy is waived for a resource: leave out the release and --rule";
    refuseInput({ file: "--policy", path: "", message, value: options.policy });
  }
  return signPolicyWaiver(context, options.policy, options);
}

async function signFirst(context: Context, args: readonly string[], options: WaiveOptions): Promise<Done> {
  const [moduleName = "", version = ""] = args;
  const { for: stackName, rule, reason: given, expires: end } = options;
  if (version === "" || stackName === undefined || rule === undefined || given === undefined || end === undefined) {
    const message =
      "needs <module> <version> --for --rule --reason --expires; or --policy --resource for a policy; or --sign <file> for the second signature";
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
  // What the cluster is to admit is asked of no release beforehand: there is no requirement to find.
  if (rule !== ADMISSION_RULE || stack.gate === undefined) {
    if (!items.some(({ id }) => id === rule)) await refusePolicyAsRule(context, rule, stack.name);
    checkRule(rule, items, releaseText(named), stack.name);
  }
  const review = readReview(context, options.reviewBy, now);
  const sign = await openSign(options);
  const times = { at: now.toISOString(), expires: expires.toISOString() };
  const predicate = { rule, stack: stack.name, reason, ...review, ...times };
  const subjects = [subjectOf(named)];
  const bundle = await signRecord(context, sign, "waiver", subjects, predicate);
  const { authority } = context.catalogue;
  checkPower(authority, bundle.person, "waive", [moduleName], now);
  const [path = ""] = writeRecord(context, "waiver", bundle, subjects);
  return {
    headline: `waiver of ${rule} for ${releaseText(named)} in ${stack.name}, signed by ${bundle.person}: it lacks a second signature`,
    written: [path],
    person: bundle.person,
    notes: [secondNote(authority, moduleName, bundle.person, path, now), ...judgedAtNote(context)],
  };
}

function checkRule(rule: string, items: readonly { id: string; state: string }[], name: string, stack: string): void {
  if (isFinal(rule)) {
    throw new Refusal(`no waiver lifts ${rule}`, [
      "who said it can vote again; who stopped the line can lift that; a revoked release needs a new version",
    ]);
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
  if (first.path.startsWith(`${POLICY_WAIVERS}/`)) return signPolicyWaiverToo(context, first, options);
  const { module: moduleName, version } = releaseOf(first.path);
  const named = readRelease(context, moduleName, version);
  if (!first.subjects.includes(named.release.manifestDigest)) {
    throw new Refusal(`${first.path} is about another manifest than that of ${releaseText(named)}`);
  }
  checkNotOver(first, now);
  const sign = await openSign(options);
  const subjects = [subjectOf(named)];
  const bundle = await signRecord(context, sign, "waiver", subjects, first.predicate);
  // Who waives must have been one who may when the text was made: that is the instant that a judgement asks for.
  checkPower(catalogue.authority, bundle.person, "waive", [moduleName], new Date(first.predicate.at));
  checkSecond(catalogue.authority, moduleName, first, bundle.person, now);
  const written = writeRecord(context, "waiver", bundle, subjects);
  const { rule, stack, expires } = first.predicate;
  const gate = gateStackName(stack);
  const admitted = [
    `next: npx imprimatur plan ${gate} --write, then commit it`,
    `next: npx imprimatur up ${gate}: from then on the cluster admits it`,
  ];
  return {
    headline: `✔ ${rule} is waived for ${releaseText(named)} in ${stack} until ${expires}, by ${first.person} and ${bundle.person}`,
    written,
    person: bundle.person,
    notes: [...(rule === ADMISSION_RULE ? admitted : []), ...judgedAtNote(context)],
  };
}

/** A waiver of the catalogue by its path: from the root of the checkout, or from where the command runs. */
function readWaiver({ root, files, catalogue }: Context, file: string, now: Date): SignedRecord<"waiver"> {
  const path = files.read(file) === undefined ? relative(root, resolve(file)).replaceAll("\\", "/") : file;
  const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
  const none = {
    file: "--sign",
    path: "",
    message: `is no waiver among the records of a release or in ${POLICY_WAIVERS}`,
    value: file,
  };
  if (!/^catalog\/(evidence\/[^/]+|waivers)\/[^/]+$/.test(folder)) refuseInput(none);
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
