import { counts, occurrenceName, rolesFor, stepFolder, type WindowStanding } from "../../release/calendar/steps.ts";
import type { WindowStep } from "../../release/schema/dayRecords.ts";
import { namedStatement } from "../../release/statements.ts";
import { Refusal } from "../approve/outcome.ts";
import type { Context } from "../context.ts";
import { signChecked, writeBundle } from "../signedRecord.ts";
import type { Sign } from "../signers.ts";

/** What a step says besides the window, its date and the time. */
export type StepFacts = Pick<WindowStep, "step"> & Partial<Pick<WindowStep, "stack" | "hours" | "note">>;

/**
 * Signs and writes a step of one date of a window.
 * @throws Refusal where it would not count, naming who can sign it
 */
export async function signStep(
  context: Context,
  sign: Sign,
  { occurrence, window }: Pick<WindowStanding, "occurrence" | "window">,
  facts: StepFacts,
): Promise<{ readonly path: string; readonly person: string }> {
  const { authority } = context.catalogue;
  const now = new Date();
  const step: WindowStep = {
    note: "",
    ...facts,
    window: occurrence.window,
    start: occurrence.start.toISOString(),
    at: now.toISOString(),
  };
  const bundle = await signChecked(context, sign, namedStatement("window", occurrenceName(occurrence), step));
  if (!counts(authority, window, bundle.person, step)) {
    const roles = rolesFor(window, step);
    const others = Object.keys(authority.people)
      .filter((person) => counts(authority, window, person, step))
      .sort();
    const what = roles === undefined ? "neither its coordinator nor one who may record" : `not ${roles.join(" or ")}`;
    const next =
      others.length === 0 ? "give somebody that role in catalog/trust/people.yaml" : `ask ${others.join(" or ")}`;
    throw new Refusal(`${bundle.person} is ${what}, so it would not count for ${occurrence.window}`, [next]);
  }
  return { path: writeBundle(context, stepFolder(occurrence), facts.step, bundle), person: bundle.person };
}
