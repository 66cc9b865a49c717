import { z } from "zod";
import { judgeChannel } from "../release/rules/channel.ts";
import { resourcePolicy } from "./adapter.ts";
import { NO_CLAIM, RELEASES, readClaim } from "./claim.ts";

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
    return claim === undefined ? [NO_CLAIM] : judgeChannel(catalogue, stack, claim);
  },
});
