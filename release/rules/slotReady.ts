import { asksForBlessing } from "../requirements.ts";
import type { Release } from "../schema/manifest.ts";
import type { Module } from "../schema/module.ts";
import { slotName, slotProblems, slotService } from "../slots.ts";
import type { Violation } from "../verdict.ts";
import type { Judges } from "./allowed.ts";
import { inventoriesOf } from "./chartInventory.ts";
import { findClaimed, type ReleaseClaim } from "./claim.ts";

/** What a component says of one slot. */
export interface SlotClaim extends ReleaseClaim {
  /** Name of its Helm release. */
  readonly slot: string;
  readonly configHash: string;
}

/**
 * A release may stand beside another one: its slot is called after it and its configuration, so that nothing in it can
 * change, and the signed inventory of its chart shows that no name collides and no state is doubled. Where the stack asks
 * for no blessing, an inventory is not asked for, but heard.
 */
export function judgeSlot(claim: SlotClaim, judges: Judges): Violation[] {
  const { catalogue, stack } = judges;
  const strict = asksForBlessing(catalogue.formality, stack);
  const found = findClaimed(catalogue, claim);
  if ("violation" in found) return strict ? [found.violation] : [];
  const { module, release } = found;
  const words = `${claim.module} ${claim.version}`;
  const due = slotName(release, claim.configHash);
  if (claim.slot !== due) {
    const message = `the slot of ${words}, as configured, is ${due}; what is in ${claim.slot} would be changed under its name`;
    return [{ message, remedy: `install it as ${due}` }];
  }
  const inventory = inventoriesOf(module, release, judges).find(({ release: name }) => name === claim.slot);
  const remedy = `npx imprimatur inspect ${words} --for ${stack.name} --sign`;
  if (inventory === undefined) {
    if (!strict) return [];
    const message = `no signed inventory shows that ${words} can stand beside another release`;
    return [{ message, remedy }];
  }
  const service = slotService(module.route?.service ?? "{slot}", claim.slot);
  return slotProblems(inventory, claim.slot, service).map((problem) => ({
    message: `${words} cannot stand beside another release: ${problem}`,
    remedy: `set the strategy replace in catalog/modules/${module.name}.yaml, or change the chart`,
  }));
}

/**
 * What stays is what ran: the previous slot has the configuration that the stack's ledger shows its release settled with.
 * A release that never ran there is refused by other rules.
 */
export function judgeKept({ configHash, ...claim }: SlotClaim, judges: Judges): Violation[] {
  const { catalogue, gate, stack } = judges;
  const found = findClaimed(catalogue, claim);
  if ("violation" in found || !asksForBlessing(catalogue.formality, stack)) return [];
  const { module, release } = found;
  if (!hasRun(module, release, judges) || gate.standing({ module, release, configHash }, stack).settled) return [];
  const message = `the previous slot would be made anew: ${claim.module} ${claim.version} has not run in ${stack.name} as it would be configured`;
  const file = `Pulumi.${stack.name}.yaml`;
  return [
    { message, remedy: `keep the values that it ran with under imprimatur:previousValues.${module.name} of ${file}` },
  ];
}

function hasRun(module: Module, { manifestDigest }: Release, { gate, stack }: Judges): boolean {
  return gate
    .ledger(stack.name)
    .entries.some(({ entry }) =>
      entry.changes.some(({ module: name, to }) => name === module.name && to === manifestDigest),
    );
}
