import { readProject } from "../../engine/project.ts";
import { stackUrn } from "../../engine/urn.ts";
import { GUARDED } from "../../release/consent.ts";
import { nearestHint, refuseInput } from "../../release/errors.ts";
import { policyWaiverFolder, urnDigest } from "../../release/policyWaivers.ts";
import { ofKind, readRecords, type SignedRecord } from "../../release/records.ts";
import { Name } from "../../release/schema/common.ts";
import { verifyBundle } from "../../release/signing/verify.ts";
import { namedStatement } from "../../release/statements.ts";
import type { Context } from "../context.ts";
import { hasPolicyPack, policyMetadata } from "../pack.ts";
import { signChecked, writeBundle } from "../signedRecord.ts";
import { openSign, type SigningOptions } from "../signers.ts";
import { readExpiry, readReason } from "./options.ts";
import { type Done, Refusal } from "./outcome.ts";
import { checkPower, judgedAtNote } from "./signing.ts";
import { checkNotOver, checkSecond, readReview, secondNote } from "./twoPeople.ts";
import type { Finding } from "./verification.ts";

/** Policies concern all modules: whoever may waive only for some may not waive one. */
const ALL = "";

interface WaiverOptions extends SigningOptions {
  readonly for?: string;
  readonly resource?: string;
  readonly reason?: string;
  readonly expires?: string;
  readonly reviewBy?: string;
}

/** A change outside its window, or in a freeze, is an emergency: somebody reviews it afterwards. */
const EMERGENCY = "window-and-freeze";

/** Says what to type where somebody takes a policy for a requirement. @throws InputError where the pack has such a policy */
export async function refusePolicyAsRule(context: Context, rule: string, stack: string): Promise<void> {
  if (!Name.safeParse(rule).success || !hasPolicyPack(context)) return;
  if (!(await policyMetadata(context)).some(({ name }) => name === rule)) return;
  const review = rule === EMERGENCY ? " --review-by <person>" : "";
  const command = `npx imprimatur waive --policy ${rule} --resource <URN> --for ${stack} --reason "…" --expires 4h${review}`;
  const message = `is a policy, which is waived for each resource that it refuses: ${command}; \`npx imprimatur preview ${stack} --json\` gives the URN`;
  refuseInput({ file: "--rule", path: "", message, value: rule });
}

/** The first signature of a waiver of a policy for one resource. */
export async function signPolicyWaiver(context: Context, policy: string, options: WaiverOptions): Promise<Done> {
  const { for: stackName, reason: given, expires: end } = options;
  const isOperation = GUARDED.some((operation) => operation === policy);
  if (stackName === undefined || given === undefined || end === undefined || (!isOperation && !options.resource)) {
    refuseInput({ file: "waive", path: "", message: "a policy needs --policy --resource --for --reason --expires" });
  }
  const { authority } = context.catalogue;
  const now = new Date();
  const reason = readReason(given);
  const expires = readExpiry("--expires", end, now);
  const stack = context.catalogue.stack(stackName).name;
  // What may be done to a stack as a whole is signed for the resource that stands for it.
  const own = stackUrn({ project: readProject(context.root).name, stack });
  const resource = options.resource ?? own;
  if (!resource.startsWith(`urn:pulumi:${stack}::`)) {
    const message = `is no URN of a resource of ${stack}: \`preview ${stack} --json\` gives it with the violation`;
    refuseInput({ file: "--resource", path: "", message, value: resource });
  }
  if (isOperation && resource !== own) {
    const message = "is not the stack as a whole: leave it out";
    refuseInput({ file: "--resource", path: "", message, value: resource });
  }
  const names = isOperation ? [...GUARDED] : (await policyMetadata(context)).map(({ name }) => name);
  if (!names.some((name) => name === policy)) {
    const message = "is no policy of the pack";
    refuseInput({ file: "--policy", path: "", message, value: policy, ...nearestHint(policy, names) });
  }
  if (policy === EMERGENCY && options.reviewBy === undefined) {
    const message = `name who owes the review: to waive ${EMERGENCY} is an emergency`;
    refuseInput({ file: "--review-by", path: "", message });
  }
  const review = readReview(context, options.reviewBy, now);
  const sign = await openSign(options);
  const times = { at: now.toISOString(), expires: expires.toISOString() };
  const predicate = { rule: policy, stack, reason, ...review, ...times };
  const bundle = await signChecked(context, sign, namedStatement("waiver", resource, predicate));
  checkPower(authority, bundle.person, "waive", [ALL], now);
  const path = writeBundle(context, policyWaiverFolder(stack), "waiver", bundle);
  return {
    headline: `waiver of ${policy} for ${resource}, signed by ${bundle.person}: it lacks a second signature`,
    written: [path],
    person: bundle.person,
    notes: [secondNote(authority, ALL, bundle.person, path, now), ...judgedAtNote(context)],
  };
}

/** The second signature, of the very text that the first is for. */
export async function signPolicyWaiverToo(
  context: Context,
  first: SignedRecord<"waiver">,
  options: SigningOptions,
): Promise<Done> {
  const { authority } = context.catalogue;
  const now = new Date();
  const { rule, stack, expires, at } = first.predicate;
  if (first.path.split("/")[2] !== stack) throw new Refusal(`${first.path} is a waiver for ${stack}`);
  const resource = resourceOf(context, first, now);
  if (resource === undefined) throw new Refusal(`${first.path} names another resource than it is signed for`);
  checkNotOver(first, now);
  const sign = await openSign(options);
  const bundle = await signChecked(context, sign, namedStatement("waiver", resource, first.predicate));
  // Who waives must have been one who may when the text was made: that is the instant that the policy asks for.
  checkPower(authority, bundle.person, "waive", [ALL], new Date(at));
  checkSecond(authority, ALL, first, bundle.person, now);
  return {
    headline: `✔ ${rule} is waived for ${resource} until ${expires}, by ${first.person} and ${bundle.person}`,
    written: [writeBundle(context, policyWaiverFolder(stack), "waiver", bundle)],
    person: bundle.person,
    notes: judgedAtNote(context),
  };
}

/** What is sound among the waivers of a stack, and what is not. */
export function checkPolicyWaivers(
  context: Context,
  stack: string,
  at: Date,
): { readonly records: number; readonly problems: readonly Finding[]; readonly notes: readonly Finding[] } {
  const { catalogue, files } = context;
  const { records, unusable } = readRecords(files, policyWaiverFolder(stack), catalogue.ring, { now: at });
  const problems = unusable.filter(({ lapsed }) => !lapsed).map(({ path, message }) => ({ file: path, message }));
  const notes = unusable.filter(({ lapsed }) => lapsed).map(({ path, message }) => ({ file: path, message }));
  for (const { kind, path } of records) {
    if (kind !== "waiver") problems.push({ file: path, message: `is a ${kind}, and only waivers count here` });
  }
  for (const waiver of ofKind(records, "waiver")) {
    const { path: file, person, predicate } = waiver;
    if (predicate.stack !== stack) problems.push({ file, message: `is a waiver for ${predicate.stack}` });
    if (resourceOf(context, waiver, at) === undefined) {
      problems.push({ file, message: "names another resource than it is signed for" });
    }
    if (!catalogue.authority.may(person, "waive", ALL, new Date(predicate.at))) {
      notes.push({ file, message: `does not count: ${person} holds no role that may waive for all modules` });
    }
    if (Date.parse(predicate.expires) <= at.getTime()) notes.push({ file, message: `ran out at ${predicate.expires}` });
  }
  return { records: records.length, problems, notes };
}

/**
 * The URN that a waiver names; undefined where it is not the one that was signed for. Only the digest counts, but people
 * read the name: one that says something else would have them sign what they do not see.
 */
function resourceOf({ catalogue, files }: Context, { path }: SignedRecord, now: Date): string | undefined {
  const { statement } = verifyBundle(files.read(path) ?? new Uint8Array(), catalogue.ring, { now });
  const [subject, ...more] = statement.subject;
  const isNamed = subject !== undefined && urnDigest(subject.name) === `sha256:${subject.digest.sha256}`;
  return isNamed && more.length === 0 ? subject.name : undefined;
}
