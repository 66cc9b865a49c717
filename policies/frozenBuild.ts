import { z } from "zod";
import { findClaimed } from "../release/rules/claim.ts";
import { frozenReleases, judgeFrozen } from "../release/rules/frozenBuild.ts";
import { resourcePolicy } from "./adapter.ts";
import { NO_CLAIM, RELEASES, readClaim } from "./claim.ts";
import { imagesOf } from "./images.ts";
import { judgesOf } from "./judges.ts";

export const frozenBuild = resourcePolicy({
  name: "frozen-build",
  description: "What production runs of a frozen module is the build that was frozen, and tested in staging.",
  severity: "high",
  framework: {
    name: "NIST SSDF",
    version: "1.1",
    reference: "PS.2.1",
    specification: "Those who take a release can verify that it is the one that was made, and nothing else.",
  },
  tags: ["NIST SSDF", "reproducible builds"],
  remediation: "Sign the freeze record, run the very release in staging, and attest its test on the platform there.",
  settings: z.object({}),
  concerns: (type) => type.startsWith("kubernetes:") || RELEASES.has(type),
  judge: (resource, context) => {
    const judges = judgesOf(context);
    if (context.stack.class !== "prod") return [];
    if (!RELEASES.has(resource.type)) {
      return frozenReleases(imagesOf(resource), judges).flatMap((release) => judgeFrozen(release, judges));
    }
    const claim = readClaim(resource.props);
    if (claim === undefined) return [NO_CLAIM];
    const found = findClaimed(context.catalogue, claim);
    return "violation" in found ? [found.violation] : judgeFrozen(found.release, judges);
  },
});
