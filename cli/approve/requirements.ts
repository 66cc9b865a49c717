import { z } from "zod";
import type { Authority } from "../../release/authority.ts";
import type { Item } from "../../release/judgement/item.ts";
import type { Style } from "../render/style.ts";
import { plain } from "../render/text.ts";

/** One thing that a stack asks of a release, how it stands, and who can mend it. */
export const RequirementReport = z.strictObject({
  id: z.string(),
  state: z.enum(["met", "missing", "refused", "waived"]),
  text: z.string(),
  /** Who supplies what is missing; `role` where any holder of it may. */
  who: z.array(z.strictObject({ role: z.string().optional(), people: z.array(z.string()) })),
  command: z.string().optional(),
});
export type RequirementReport = z.infer<typeof RequirementReport>;

/** Items whose `who` names roles; elsewhere it names people. */
const ASKS_ROLES = /^(evidence:|notice:|independent-approval$)/;

/** An item of a judgement, with the people who hold the roles that it names. */
export function requirementReport(item: Item, authority: Authority, module: string, at: Date): RequirementReport {
  const { id, state, text, who, command } = item;
  const roles = (names: readonly string[]) =>
    names.map((role) => ({ role, people: authority.holders(role, module, at) }));
  const named = who === undefined ? [] : ASKS_ROLES.test(id) ? roles(who) : [{ people: [...who] }];
  return { id, state, text, who: named, ...(command === undefined ? {} : { command }) };
}

/** The ones that are in the way, refusals first. */
export function inTheWay(items: readonly RequirementReport[]): RequirementReport[] {
  const of = (state: RequirementReport["state"]) => items.filter((item) => item.state === state);
  return [...of("refused"), ...of("missing")];
}

/** A compact table: a line for each, and below what is missing who supplies it and how. */
export function requirementLines(items: readonly RequirementReport[], style: Style): string[] {
  const width = Math.min(34, Math.max(0, ...items.map(({ id }) => id.length)));
  return items.flatMap(({ id, state, text, who, command }) => {
    const met = state === "met" || state === "waived";
    const name = plain(id).padEnd(width);
    const line = `  ${mark(state, style)} ${met ? style.dim(name) : style.bold(name)}  ${plain(text)}`;
    const people = who.map(whoText).join("; ");
    return [
      line,
      ...(met || people === "" ? [] : [`      ${style.dim("who ")}  ${plain(people)}`]),
      ...(met || command === undefined ? [] : [`      ${style.dim("next")}  ${plain(command)}`]),
    ];
  });
}

function whoText({ role, people }: RequirementReport["who"][number]): string {
  const names = people.length === 0 ? "nobody holds it" : people.join(", ");
  if (role !== undefined) return `${role} (${names})`;
  return people.length === 0 ? "nobody holds the role: give it to somebody in catalog/trust/people.yaml" : names;
}

function mark(state: RequirementReport["state"], style: Style): string {
  return { met: style.good("✔"), waived: style.warn("≈"), missing: style.warn("○"), refused: style.bad("✘") }[state];
}
