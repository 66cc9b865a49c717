import { gateManagers } from "../../release/evidence/managers.ts";
import type { Evidence } from "../../release/schema/predicates.ts";
import { Refusal } from "../approve/outcome.ts";
import { checkPower } from "../approve/signing.ts";
import type { Context } from "../context.ts";

/**
 * Whether somebody's word on a type of evidence counts for a module: they may attest, and where formality names gate
 * managers for the type, they are one of them.
 * @throws Refusal naming who could do it
 */
export function checkStanding(
  { catalogue }: Context,
  person: string,
  module: string,
  { type, in: place }: Pick<Evidence, "type" | "in">,
  now: Date,
): void {
  const { authority, formality } = catalogue;
  checkPower(authority, person, "attest", [module], now);
  const managers = gateManagers(formality, type, module, place);
  if (managers.length === 0 || managers.some((role) => authority.holds(person, role, module, now))) return;
  const others = managers.map((role) => `${role} (${authority.holders(role, module, now).join(", ") || "nobody yet"})`);
  throw new Refusal(`${person}'s word on ${type} of ${module} would not count`, [`ask ${others.join(" or ")}`]);
}
