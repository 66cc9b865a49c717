import { z } from "zod";
import { Name } from "./common.ts";

const Query = z
  .string()
  .min(1)
  .refine((text) => text.includes("$window") && text.includes("$end"), {
    message: "must have [$window] and @ $end, such as sum(increase(requests_total[$window] @ $end))",
  });

/** A service level objective: the share of events that must be good. */
const Slo = z.strictObject({
  name: Name,
  description: z.string().min(1),
  objective: z.number().gt(0).lt(1).describe("Share of events that must be good, such as 0.995"),
  good: Query.describe("PromQL that counts the good events of the $window that ends at $end"),
  total: Query.describe("PromQL that counts all of them"),
});
export type Slo = z.infer<typeof Slo>;

/** `catalog/trust/slos.yaml`: what each module promises, and how that is measured. */
export const SlosFile = z
  .strictObject({ slos: z.record(Name, z.array(Slo).min(1)).default({}) })
  .meta({ title: "Imprimatur service level objectives" });
export type SlosFile = z.infer<typeof SlosFile>;
