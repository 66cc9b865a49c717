import { z } from "zod";
import { Name, Pin } from "./common.ts";

const Percent = z.number().gt(0).max(100);

const Ladder = z
  .array(Percent)
  .min(1)
  .refine((rungs) => rungs.every((rung, index) => index === 0 || rung > (rungs[index - 1] ?? 0)), "must rise")
  .describe("Populations that the canary is widened to, one after another, in percent, such as [5, 25, 100]");

/** Values of a field of what a client says of itself, such as clusterId. */
const Audience = z.record(z.string().min(1), z.array(z.string().min(1)).min(1));

const EXPOSURE = {
  ladder: Ladder,
  stickiness: z
    .string()
    .min(1)
    .describe("Field by which the same client always gets the same version, such as clusterId; default: Unleash's own"),
  only: Audience.describe("Clients that can be in the population at all, by field; all by default"),
  except: Audience.describe("Clients that never are in the population, by field; none by default"),
};

/** One number to be watched, for the canary and for the stable version. */
const Check = z
  .strictObject({
    query: z
      .string()
      .min(1)
      .describe(
        "PromQL for one number; $version is the version, $window how long the canary has been at its population",
      ),
    max: z.number().optional().describe("Most that the canary may show"),
    min: z.number().optional().describe("Least that the canary has to show"),
    maxRatio: z
      .number()
      .positive()
      .optional()
      .describe("Most that the canary may show, as a multiple of the stable version; where that shows 0, max decides"),
  })
  .refine(
    ({ max, min }) => max !== undefined || min !== undefined,
    "must have max or min: a ratio alone means nothing where the stable version shows 0",
  );
export type Check = z.infer<typeof Check>;

/** By which numbers a canary is judged before it is widened or promoted. */
export const CanaryAnalysis = z.strictObject({
  samples: z.string().min(1).describe("PromQL for how many samples there are of $version within $window"),
  minSamples: z
    .int()
    .min(1)
    .describe(
      "With fewer, of either version, there is not enough data; where everybody gets the canary, of that alone",
    ),
  maxMinutes: z.int().min(1).default(60).describe("$window is no longer than this"),
  checks: z
    .record(Name, Check)
    .refine((checks) => Object.keys(checks).length > 0, "must name what is watched")
    .describe("What is watched, such as error-rate, latency and the validity of what it made"),
});
export type CanaryAnalysis = z.infer<typeof CanaryAnalysis>;

/** How a module's releases reach some users before they reach all. In the module's file. */
export const CanaryDeclaration = z.strictObject({
  ...EXPOSURE,
  stickiness: EXPOSURE.stickiness.default("default"),
  only: EXPOSURE.only.default({}),
  except: EXPOSURE.except.default({}),
  flag: Name.optional().describe("Flag in Unleash that holds the population; <module>-canary by default"),
  freshHours: z.number().positive().default(24).describe("For how many hours a finding about a canary counts"),
  analysis: CanaryAnalysis.optional().describe("Left out where a person looks, and signs what was seen"),
});
export type CanaryDeclaration = z.infer<typeof CanaryDeclaration>;

/** The canary of a module in one stack. In the stack file. */
export const CanarySetting = z.strictObject({
  release: Pin.optional().describe("What the canary population gets; none by default"),
  population: Percent.optional().describe(
    "Only where a route moves the traffic: the canary's weight. Where Unleash does, it is kept there",
  ),
  ladder: EXPOSURE.ladder.optional(),
  stickiness: EXPOSURE.stickiness.optional(),
  only: EXPOSURE.only.optional(),
  except: EXPOSURE.except.optional(),
});
export type CanarySetting = z.infer<typeof CanarySetting>;
