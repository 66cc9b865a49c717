import { z } from "zod";
import { judgedFlags } from "../release/flagMaturity.ts";
import { flagUses } from "../release/flags.ts";
import { FlagFloors, judgeFlags } from "../release/rules/featureFlags.ts";
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
    everybody: FlagFloors.prefault({}).describe("By class: the lowest maturity of a feature that is on for everybody"),
  }),
  concerns: (type) => type.startsWith("kubernetes:"),
  judge: ({ props }, { catalogue, files, stack, now, settings }) => {
    const uses = flagUses(props);
    if (uses.length === 0) return [];
    return judgeFlags(uses, judgedFlags(catalogue, files, now), { stack, floors: settings.everybody, now });
  },
});
