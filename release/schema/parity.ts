import { z } from "zod";

/** One way in which a stack may differ from the one that it mirrors. */
const Difference = z.strictObject({
  resource: z
    .string()
    .regex(/^.+::.+$/, "must be <type>::<name>, such as kubernetes:apps/v1:Deployment::web; * stands for anything")
    .describe("Type and name of the resource in the program, <type>::<name>; * stands for anything"),
  path: z
    .string()
    .min(1)
    .optional()
    .describe(
      "What may differ, such as values.replicaCount; * stands for one step. Left out: all of it, and whether it is there",
    ),
  reason: z.string().min(10).describe("Why what is proven there still holds here"),
});
export type Difference = z.infer<typeof Difference>;

/** `catalog/parity.yaml`: in what staging and production may differ, and why. */
export const ParityFile = z
  .strictObject({ differences: z.array(Difference).default([]) })
  .meta({ title: "Imprimatur parity" });
export type ParityFile = z.infer<typeof ParityFile>;
