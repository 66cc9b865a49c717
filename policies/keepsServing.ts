import { z } from "zod";
import { judgeServing } from "../release/rules/keepsServing.ts";
import { isUnknown } from "../release/unknown.ts";
import { resourcePolicy } from "./adapter.ts";
import { MODULE_RELEASE, NO_CLAIM, readClaim } from "./claim.ts";
import { judgesOf } from "./judges.ts";

const Upgrade = z.object({ atomic: z.boolean(), configHash: z.string() });

export const keepsServing = resourcePolicy({
  name: "keeps-serving",
  description: "Where a crash is to be seen before anything reverts, the old Pods keep serving.",
  severity: "high",
  framework: {
    name: "NIST SP 800-53",
    version: "5",
    reference: "SC-24",
    specification: "A component fails in a known state, and what it serves is preserved.",
  },
  tags: ["NIST SP 800-53", "availability"],
  remediation: "Have the chart replace no Pod before a new one is ready (maxUnavailable: 0), or take atomic: true.",
  settings: z.object({}),
  concerns: (type) => type === MODULE_RELEASE,
  judge: ({ props }, context) => {
    const claim = readClaim(props);
    const upgrade = Upgrade.safeParse(props);
    if (claim === undefined || !upgrade.success || isUnknown(upgrade.data.configHash)) return [NO_CLAIM];
    return judgeServing({ ...claim, ...upgrade.data }, judgesOf(context));
  },
});
