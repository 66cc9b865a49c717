import { z } from "zod";
import { judgeWorkload } from "../release/rules/workloadBaseline.ts";
import { Name } from "../release/schema/common.ts";
import { resourcePolicy } from "./adapter.ts";
import { namespaceOf } from "./namespace.ts";

const Level = z.enum(["mandatory", "advisory", "off"]);

/** How much one part of the baseline weighs, by class. */
const part = (what: string) =>
  z
    .strictObject({
      bleed: Level.default("off"),
      dev: Level.default("advisory"),
      staging: Level.default("mandatory"),
      prod: Level.default("mandatory"),
    })
    .prefault({})
    .describe(`How much ${what} weighs, by class`);

export const workloadBaseline = resourcePolicy({
  name: "workload-baseline",
  description:
    "Pods are within the Restricted profile of the Pod Security Standards, say which resources they need, and when they are ready.",
  severity: "high",
  framework: {
    name: "CIS Kubernetes Benchmark",
    version: "1.10",
    reference: "5.2",
    specification: "Pod Security Standards: minimise the admission of privileged, root and host-sharing containers.",
  },
  tags: ["CIS", "Pod Security Standards", "workloads"],
  remediation: "Set what each violation lists in the Pod's specification, or exempt its namespace with a reason.",
  settings: z.object({
    security: part("the Restricted profile"),
    resources: part("a missing request of CPU or memory, or limit of memory,"),
    readiness: part("a missing readiness probe of what runs for long"),
    exempt: z
      .array(z.strictObject({ namespace: Name, reason: z.string().min(10) }))
      .default([])
      .describe("Namespaces whose Pods need more, each with the reason; what they lack is shown all the same"),
  }),
  concerns: (type) => type.startsWith("kubernetes:") && !type.startsWith("kubernetes:helm.sh/"),
  judge: (resource, { stack, settings }) => {
    const namespace = namespaceOf(resource);
    const exempt = settings.exempt.find((each) => each.namespace === namespace);
    return judgeWorkload(resource.type, resource.props).flatMap(({ part, ...violation }) => {
      const level = settings[part][stack.class];
      if (level === "off") return [];
      if (level === "mandatory" && exempt === undefined) return [violation];
      const why = exempt === undefined ? "" : `exempt: ${exempt.reason}\n`;
      return [{ ...violation, message: `${why}${violation.message}`, advice: true }];
    });
  },
});
