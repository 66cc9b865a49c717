import { z } from "zod";

/** Name of a flag, which is that of the environment variable that a service reads it from. */
export const FlagName = z
  .string()
  .regex(/^FEATURE_[A-Z0-9]+(_[A-Z0-9]+)*$/, "must be FEATURE_ and capital letters, digits and underscores");

/** What a feature has shown: a maturity is earned by its acceptance criteria, and raised in this file. */
export const FlagMaturity = z.enum(["alpha", "beta", "stable"]);
export type FlagMaturity = z.infer<typeof FlagMaturity>;

/** One feature that a module can switch, as its file declares it. */
export const FlagDeclaration = z.strictObject({
  description: z.string().min(1),
  owner: z.string().min(1).describe("Id of the person or team in catalog/trust who takes the flag out again"),
  maturity: FlagMaturity,
  expires: z.iso.date().describe("Last day on which the flag may be there; by then it is taken out, or renewed"),
  acceptance: z.array(z.string().min(1)).min(1).describe("Criteria, agreed beforehand, for it to become stable"),
  acceptor: z.string().min(1).describe("The one who says whether the criteria are met"),
});
export type FlagDeclaration = z.infer<typeof FlagDeclaration>;

/** How far a feature is on in one stack. */
export const FlagSetting = z
  .union([
    z.enum(["on", "off"]),
    z.strictObject({ percentage: z.number().min(0).max(100) }),
    z.strictObject({ sites: z.array(z.string().regex(/^[\w.-]+$/, "must be the name of a site")).min(1) }),
  ])
  .meta({ description: "on, off, {percentage: 25} of the users, or {sites: […]} that have opted in" });
export type FlagSetting = z.infer<typeof FlagSetting>;
