import type { Standing } from "../../release/gate.ts";
import { asksForBlessing } from "../../release/requirements.ts";
import type { TrustedStack } from "../../release/schema/trust.ts";
import { type NamedRelease, releaseText } from "../candidate.ts";
import type { Context } from "../context.ts";
import { inTheWay, type RequirementReport, requirementReport } from "./requirements.ts";
import { whoMay } from "./signing.ts";

/** What refuses in a stack that asks for no blessing too: somebody's word against the release, or a channel it does not admit. */
const ALWAYS = /^(revoked|blocked|line|channel|unusable:|veto:)/;

/** What is between a release and a stack; empty where nothing is. */
export function inTheWayOf(
  { catalogue }: Context,
  { allowed, judgement }: Standing,
  stack: TrustedStack,
  named: NamedRelease,
  at: Date,
): RequirementReport[] {
  const { name: module } = named.module;
  const reports = judgement.items.map((item) => requirementReport(item, catalogue.authority, module, at));
  if (!asksForBlessing(catalogue.formality, stack)) {
    return alwaysInTheWay(reports);
  }
  if (allowed) return [];
  const open = inTheWay(reports);
  return open.length > 0 ? open : [blessingMissing({ catalogue }, stack, named, at)];
}

/** The ones that refuse a release whether or not the stack asks for a blessing. */
export function alwaysInTheWay(reports: readonly RequirementReport[]): RequirementReport[] {
  return reports.filter(({ id, state }) => state === "refused" && ALWAYS.test(id));
}

/** Whether no vote helps: it is revoked, blocked, or of a channel that is not admitted. A veto can be taken back. */
export function isHopeless(reports: readonly RequirementReport[]): boolean {
  return alwaysInTheWay(reports).some(({ id }) => !id.startsWith("veto:"));
}

/** Everything is there, and nobody has said so. */
export function blessingMissing(
  { catalogue }: Pick<Context, "catalogue">,
  stack: TrustedStack,
  named: NamedRelease,
  at: Date,
): RequirementReport {
  return {
    id: "blessing",
    state: "missing",
    text: "all that is asked for is there, but it is not blessed",
    who: [{ people: whoMay(catalogue.authority, "bless", named.module.name, at) }],
    command: `npx imprimatur bless ${releaseText(named)} --for ${stack.name}`,
  };
}
