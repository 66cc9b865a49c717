import type { Authority } from "../../release/authority.ts";
import type { SignedRecord } from "../../release/records.ts";
import type { Context } from "../context.ts";
import { Refusal } from "./outcome.ts";
import { checkPerson } from "./people.ts";
import { whoMay } from "./signing.ts";

/** What a waiver is about, as powers go: a module, or `""` for a policy, which nobody limited to some modules may waive. */
type Scope = string;

/** What comes after the first signature: the command, and who can run it. */
export function secondNote(authority: Authority, scope: Scope, first: string, path: string, at: Date): string {
  const others = whoMay(authority, "waive", scope, at).filter((person) => person !== first);
  const who =
    others.length === 0 ? "nobody else may waive: give somebody a role that may" : `by ${others.join(" or ")}`;
  return `next: npx imprimatur waive --sign ${path} (${who})`;
}

/** @throws Refusal where the waiver has run out */
export function checkNotOver({ predicate }: SignedRecord<"waiver">, now: Date): void {
  if (Date.parse(predicate.expires) <= now.getTime()) throw new Refusal(`it ran out at ${predicate.expires}`);
}

/** @throws Refusal where the second signer is the first */
export function checkSecond(
  authority: Authority,
  scope: Scope,
  first: SignedRecord<"waiver">,
  person: string,
  now: Date,
): void {
  if (person !== first.person) return;
  const others = whoMay(authority, "waive", scope, now).filter((other) => other !== person);
  throw new Refusal(`${person} has signed it already: a waiver takes two people`, [`ask ${others.join(" or ")}`]);
}

/** For how many days a review may be owed. */
const REVIEW_DAYS = 7;

/** What a waiver says of the review that it owes afterwards; nothing where nobody is named. @throws InputError */
export function readReview(context: Context, owner: string | undefined, now: Date) {
  if (owner === undefined) return {};
  checkPerson(context, "--review-by", owner);
  return { review: { owner, due: new Date(now.getTime() + REVIEW_DAYS * 86_400_000).toISOString() } };
}
