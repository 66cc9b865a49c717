import { z } from "zod";
import { readGatedPlatform } from "../release/admission/gated.ts";
import { type AdmissionPlan, planAdmission } from "../release/admission/plan.ts";
import { isGateType, judgeGated, judgeGatePart, judgeGateParts } from "../release/rules/admissionGate.ts";
import { combinedPolicy } from "./adapter.ts";
import { classesSetting } from "./classes.ts";
import type { RuleContext } from "./rule.ts";

export const admissionGate = combinedPolicy({
  name: "admission-gate",
  description:
    "Production's cluster refuses at admission what is on no list, and the lists and the policies of its gate are those that trust and catalogue give.",
  severity: "critical",
  framework: {
    name: "NIST SP 800-190",
    version: "2017",
    reference: "4.1.5",
    specification: "Only images that are trusted, by their identity and signature, may run in an environment.",
  },
  tags: ["NIST SP 800-190", "SLSA", "admission"],
  remediation: "Give the stack a gate in catalog/trust/stacks.yaml, and let the program declare all of it.",
  settings: z.object({
    classes: classesSetting("prod").describe("Environment classes whose clusters must have a gate"),
  }),
  concerns: isGateType,
  // By what is declared: at a preview the engine shows a policy over the stack what is there, merged with that.
  judge: ({ type, props, options }, context) => {
    const plan = planOf(context);
    return plan === undefined ? [] : judgeGatePart(plan, { type, props }, options.ignoreChanges);
  },
  judgeStack: (resources, context) => {
    const plan = planOf(context);
    if (plan !== undefined) return judgeGateParts(plan, resources);
    return context.settings.classes.includes(context.stack.class) ? judgeGated(context.stack, resources) : [];
  },
});

type Context = Pick<RuleContext<unknown>, "catalogue" | "files" | "gate" | "stack">;
const plans = new WeakMap<Context["gate"], Map<string, AdmissionPlan>>();

/** What the stack is to contain, worked out once for the life of the pack's process; undefined where it is no gate's. */
function planOf({ catalogue, files, gate, stack: { gates } }: Context): AdmissionPlan | undefined {
  if (gates === undefined) return undefined;
  const known = plans.get(gate) ?? new Map<string, AdmissionPlan>();
  plans.set(gate, known);
  const plan =
    known.get(gates) ?? planAdmission({ catalogue, gate, platform: readGatedPlatform(catalogue, files, gates) });
  known.set(gates, plan);
  return plan;
}
