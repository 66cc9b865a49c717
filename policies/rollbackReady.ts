import { z } from "zod";
import { isObject } from "../release/json.ts";
import { judgeRollback } from "../release/rules/rollbackReady.ts";
import { isUnknown } from "../release/unknown.ts";
import { resourcePolicy } from "./adapter.ts";
import { NO_CLAIM, RELEASES, readClaim } from "./claim.ts";
import { judgesOf } from "./judges.ts";

export const rollbackReady = resourcePolicy({
  name: "rollback-ready",
  description: "What a stack falls back on is pinned, may run, and is what it has last run with success.",
  severity: "high",
  framework: {
    name: "NIST SP 800-53",
    version: "5",
    reference: "CM-2(3)",
    specification: "Previous versions of baseline configurations are retained to support rollback.",
  },
  tags: ["NIST SP 800-53", "rollback"],
  remediation: "Pin the release that the stack ran before as the second of its pins: [current, previous].",
  settings: z.object({}),
  concerns: (type) => RELEASES.has(type),
  judge: ({ props }, context) => {
    const claim = readClaim(props);
    if (claim === undefined) return [NO_CLAIM];
    const { previous } = props;
    if (previous === undefined || previous === null) return judgeRollback(claim, undefined, judgesOf(context));
    const fallback =
      isUnknown(previous) || !isObject(previous) ? undefined : readClaim({ ...previous, module: claim.module });
    if (fallback !== undefined) return judgeRollback(claim, fallback, judgesOf(context));
    return [
      {
        message: "the version and manifest digest of its previous release cannot both be known before an update",
        remedy: "pin it in the stack file, as <version>@sha256:<manifest digest>",
      },
    ];
  },
});
