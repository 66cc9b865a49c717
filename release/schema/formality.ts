import { z } from "zod";
import { Channel, EnvironmentClass, Name, Purpose } from "./common.ts";
import { Maturity } from "./module.ts";

/** The natures of a change, from the lightest to the heaviest. */
export const NATURES = ["cosmetic", "content", "patch", "feature", "infrastructure", "breaking"] as const;
export const Nature = z.enum(NATURES);
/** What kind of change a release is. Derived from what differs, never claimed. */
export type Nature = z.infer<typeof Nature>;

const Userbase = z.enum(["feature-seeking", "risk-averse"]);
const Impact = z.enum(["low", "medium", "high"]);

/** When a rule applies: every field that is given must match, and a list matches with any of its values. */
const Condition = z.strictObject({
  classes: z.array(EnvironmentClass).optional(),
  stacks: z.array(Name).optional(),
  purposes: z.array(Purpose).optional(),
  modules: z.array(Name).optional(),
  maturity: z.array(Maturity).optional(),
  userbase: z.array(Userbase).optional(),
  impact: z.array(Impact).optional(),
  natures: z.array(Nature).optional(),
  channels: z.array(Channel).optional(),
  frozen: z.boolean().optional(),
});
export type Condition = z.infer<typeof Condition>;

const Threshold = z.strictObject({ min: z.number().optional(), max: z.number().optional() });

const EvidenceRequirement = z.strictObject({
  type: Name.describe("Evidence type, such as test-result or coverage"),
  by: Name.describe("Gate manager: the role whose members supply it"),
  in: Name.optional().describe("Stack that it must have been made in"),
  thresholds: z.record(z.string(), Threshold).default({}).describe("Bounds of the numbers that it reports"),
});

/** All that is asked of a release. Requirements of several rules add up. */
const Requirements = z.strictObject({
  evidence: z.array(EvidenceRequirement).default([]),
  votes: z.array(z.strictObject({ role: Name, count: z.int().min(1).default(1) })).default([]),
  stages: z
    .array(z.array(Name).min(1))
    .default([])
    .describe(
      "Acknowledgements in order: every role of a stage says GO, and none before the stage ahead of it is done",
    ),
  soak: z.strictObject({ stack: Name, hours: z.number().positive() }).optional(),
  notice: z
    .strictObject({ channel: z.string().min(1), hours: z.number().nonnegative(), by: Name })
    .optional()
    .describe("An announcement, so many hours ahead"),
  window: z
    .enum(["always", "if-disruption", "none"])
    .default("none")
    .describe("Whether it has to go into a maintenance window; windows advise at preview and bind at up"),
});
export type Requirements = z.infer<typeof Requirements>;

const Rule = z.strictObject({
  name: z.string().min(1),
  source: z.string().optional().describe("Where the rule comes from"),
  when: Condition.default({}),
  require: Requirements,
});

/** A settled practice for some services on some stacks: it takes the place of all general rules there. */
const Practice = z.strictObject({
  name: z.string().min(1),
  modules: z.array(Name).optional(),
  stacks: z.array(Name).min(1),
  natures: z.array(Nature).optional(),
  require: Requirements,
});

const Track = z.strictObject({
  name: z.string().min(1),
  modules: z.array(Name).optional(),
  stacks: z.array(Name).min(1),
  admits: z.array(Nature).min(1).describe("Natures that may follow what the stack runs; any other needs a waiver"),
});

/** What a release must show before it may claim a channel: channels are earned. */
const ChannelClaim = z.strictObject({
  channel: Channel,
  evidence: z.array(EvidenceRequirement).min(1),
});

/** `catalog/trust/formality.yaml`: what a change must pass, as a function of what it is and where it goes. */
export const FormalityFile = z
  .strictObject({
    blessed: z.array(EnvironmentClass).describe("Classes whose stacks run only what is blessed for them"),
    blessedStacks: z.array(Name).default([]).describe("Further stacks that do, whatever their class"),
    axes: z
      .record(Name, z.strictObject({ userbase: Userbase, impact: Impact }))
      .default({})
      .describe("Userbase and impact per module; risk-averse and high where a module is not listed"),
    voteDays: z.number().positive().default(30).describe("For how many days a vote counts"),
    rules: z.array(Rule),
    practice: z.array(Practice).default([]),
    tracks: z.array(Track).default([]),
    channels: z.array(ChannelClaim).default([]),
  })
  .meta({ title: "Imprimatur formality" });
export type FormalityFile = z.infer<typeof FormalityFile>;
