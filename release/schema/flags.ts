import { z } from "zod";

/** Name of a flag, which is that of the environment variable that a service reads it from. */
export const FlagName = z
  .string()
  .regex(/^FEATURE_[A-Z0-9]+(_[A-Z0-9]+)*$/, "must be FEATURE_ and capital letters, digits and underscores");

/** The maturities of a feature, from the least to the most proven. */
export const FLAG_MATURITIES = ["alpha", "beta", "stable"] as const;
export const FlagMaturity = z.enum(FLAG_MATURITIES);
/** What a feature has shown. Beta and stable are earned: its acceptor signs that the criteria are met. */
export type FlagMaturity = z.infer<typeof FlagMaturity>;

const Bounds = z.record(z.string().min(1), z.strictObject({ min: z.number().optional(), max: z.number().optional() }));

/** One feature that a module can switch, as its file declares it. */
export const FlagDeclaration = z.strictObject({
  description: z.string().min(1),
  owner: z.string().min(1).describe("Id of the person or team in catalog/trust who takes the flag out again"),
  maturity: FlagMaturity,
  expires: z.iso.date().describe("Last day on which the flag may be there; by then it is taken out, or renewed"),
  acceptance: z.array(z.string().min(1)).min(1).describe("Criteria, agreed beforehand, for it to become stable"),
  earns: z
    .strictObject({ beta: Bounds.default({}), stable: Bounds.default({}) })
    .prefault({})
    .describe("By maturity: the bounds that measured numbers must lie in for it to be accepted"),
  acceptor: z
    .string()
    .min(1)
    .describe("The one who says whether the criteria are met: id of a person or team in catalog/trust"),
  feedback: z.url().optional().describe("Where users of the feature say what they think of it"),
  live: z.boolean().default(false).describe("Switched through Unleash at once, and not by a restart of the service"),
});
export type FlagDeclaration = z.infer<typeof FlagDeclaration>;

/** Name of a site: a user of the platform who opts in as a whole. */
export const Site = z.string().regex(/^[a-z0-9][\w.-]*$/i, "must be the name of a site");

/** How far a feature is on in one stack. */
export const FlagSetting = z
  .union([
    z.enum(["on", "off"]),
    z.strictObject({ percentage: z.number().min(0).max(100) }),
    z.strictObject({
      sites: z.record(Site, z.iso.date()).refine((sites) => Object.keys(sites).length > 0, "must name a site"),
    }),
  ])
  .meta({
    description:
      "on, off, {percentage: 25} of the users, or {sites: {<site>: <last day>}} that have opted in to the beta",
  });
export type FlagSetting = z.infer<typeof FlagSetting>;
