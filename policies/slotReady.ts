import { z } from "zod";
import { judgeKept, judgeSlot, type SlotClaim } from "../release/rules/slotReady.ts";
import { isUnknown } from "../release/unknown.ts";
import { resourcePolicy } from "./adapter.ts";
import { NO_CLAIM, readClaim, SLOTTED_RELEASE } from "./claim.ts";
import { judgesOf } from "./judges.ts";

const Slot = z.object({ slot: z.string(), configHash: z.string() });

export const slotReady = resourcePolicy({
  name: "slot-ready",
  description:
    "What is installed beside another release doubles no state, collides with nothing, and is never changed.",
  severity: "high",
  framework: {
    name: "NIST SP 800-53",
    version: "5",
    reference: "CM-14",
    specification: "Components are what was approved, and are not changed once they are installed.",
  },
  tags: ["NIST SP 800-53", "immutable infrastructure"],
  remediation: "Sign an inventory of the chart with `imprimatur inspect --sign`, or take the strategy replace.",
  settings: z.object({}),
  concerns: (type) => type === SLOTTED_RELEASE,
  judge: ({ props }, context) => {
    const judges = judgesOf(context);
    const given = (value: unknown) => value !== undefined && value !== null;
    const slots = [props, ...[props.canary, props.kept].filter(given)].map((slot) => readSlot(slot, props.module));
    if (slots.some((slot) => slot === undefined)) return [NO_CLAIM];
    const kept = given(props.kept) ? readSlot(props.kept, props.module) : undefined;
    return [
      ...slots.flatMap((slot) => (slot === undefined ? [] : judgeSlot(slot, judges))),
      ...(kept === undefined ? [] : judgeKept(kept, judges)),
    ];
  },
});

function readSlot(props: unknown, module: unknown): SlotClaim | undefined {
  const claim = readClaim(typeof props === "object" ? { ...props, module } : props);
  const slot = Slot.safeParse(props);
  if (claim === undefined || !slot.success || Object.values(slot.data).some(isUnknown)) return undefined;
  return { ...claim, ...slot.data };
}
