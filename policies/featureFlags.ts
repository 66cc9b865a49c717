import { z } from "zod";
import { flagUses } from "../release/flags.ts";
import { judgeFlags } from "../release/rules/featureFlags.ts";
import { FlagMaturity } from "../release/schema/flags.ts";
import { resourcePolicy } from "./adapter.ts";

export const featureFlags = resourcePolicy({
  name: "feature-flags",
  description:
    "Every feature flag is declared with its owner, maturity and expiry, has not expired, and is on for everybody only when it has earned that.",
  severity: "medium",
  framework: {
    name: "NIST SSDF",
    version: "1.1",
    reference: "PW.9",
    specification: "Software is configured to have secure settings by default.",
  },
  tags: ["NIST SSDF", "feature flags"],
  remediation: "Declare the flag in its module's file, take it out when it has expired, and widen it as it matures.",
  settings: z.object({
    everybody: z
      .strictObject({
        bleed: FlagMaturity.default("alpha"),
        dev: FlagMaturity.default("alpha"),
        staging: FlagMaturity.default("alpha"),
        prod: FlagMaturity.default("beta"),
      })
      .prefault({})
      .describe("By class: the lowest maturity of a feature that is on for everybody"),
  }),
  concerns: (type) => type.startsWith("kubernetes:"),
  judge: ({ props }, { catalogue, stack, now, settings }) => {
    const uses = flagUses(props);
    return uses.length === 0 ? [] : judgeFlags(uses, catalogue.modules, { stack, floors: settings.everybody, now });
  },
});
