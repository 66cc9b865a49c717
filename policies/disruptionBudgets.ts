import { z } from "zod";
import { judgeBudgets } from "../release/rules/disruptionBudgets.ts";
import { stackPolicy } from "./adapter.ts";
import { classesSetting } from "./classes.ts";
import { namespaceOf } from "./namespace.ts";

export const disruptionBudgets = stackPolicy({
  name: "disruption-budgets",
  description: "A workload with more than one replica has a PodDisruptionBudget that selects its Pods.",
  severity: "medium",
  framework: {
    name: "NIST SP 800-53",
    version: "5.1.1",
    reference: "CP-10",
    specification: "Systems are recovered to a known state within their objectives after a disruption.",
  },
  tags: ["NIST SP 800-53", "availability", "workloads"],
  remediation: "Add a PodDisruptionBudget with the selector of the workload, in its namespace.",
  settings: z.object({ classes: classesSetting("prod") }),
  judgeStack: (resources, { stack, settings }) =>
    settings.classes.includes(stack.class)
      ? judgeBudgets(
          resources.map(({ type, urn, props, provider }) => ({
            type,
            urn,
            props,
            namespace: namespaceOf({ props, ...(provider === undefined ? {} : { provider }) }),
          })),
        )
      : [],
});
