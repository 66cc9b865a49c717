import { z } from "zod";
import { judgeChannel, type ReleaseClaim } from "../release/rules/channel.ts";
import { isUnknown } from "../release/unknown.ts";
import { resourcePolicy } from "./adapter.ts";

const RELEASES = new Set(["imprimatur:release:ModuleRelease", "imprimatur:release:PublishedRelease"]);

/** What a component of ours must say of its release for it to be judged. */
const Claim = z.object({ module: z.string(), version: z.string(), manifestDigest: z.string() });

export const channel = resourcePolicy({
  name: "channel",
  description: "A release reaches only environments whose class admits its channel, for its module's purpose.",
  severity: "high",
  framework: {
    name: "NIST SSDF",
    version: "1.1",
    reference: "PW.8",
    specification: "Software is tested to the degree that its use asks for before it is used.",
  },
  tags: ["NIST SSDF", "channels"],
  remediation: "Promote a release whose channel the environment's class admits (catalog/trust/channels.yaml).",
  settings: z.object({}),
  concerns: (type) => RELEASES.has(type),
  judge: ({ props }, { catalogue, stack }) => {
    const claim = readClaim(props);
    if (claim !== undefined) return judgeChannel(catalogue, stack, claim);
    return [
      {
        message: "its module, version and manifest digest cannot all be known before an update",
        remedy: "pin the release in the stack file, as <version>@sha256:<manifest digest>",
      },
    ];
  },
});

function readClaim(props: Readonly<Record<string, unknown>>): ReleaseClaim | undefined {
  const claim = Claim.safeParse(props);
  return claim.success && !Object.values(claim.data).some(isUnknown) ? claim.data : undefined;
}
