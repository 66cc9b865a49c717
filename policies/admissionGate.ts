import { z } from "zod";
import { readGatedPlatform } from "../release/admission/gated.ts";
import { planAdmission } from "../release/admission/plan.ts";
import { judgeGate, judgeGated } from "../release/rules/admissionGate.ts";
import { stackPolicy } from "./adapter.ts";
import { classesSetting } from "./classes.ts";

export const admissionGate = stackPolicy({
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
  judgeStack: (resources, { catalogue, files, gate, stack, settings }) => {
    if (stack.gates !== undefined) {
      const platform = readGatedPlatform(catalogue, files, stack.gates);
      return judgeGate(planAdmission({ catalogue, gate, platform }), resources);
    }
    return settings.classes.includes(stack.class) ? judgeGated(stack, resources) : [];
  },
});
