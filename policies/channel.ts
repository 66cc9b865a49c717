import { judgeChannel } from "../release/rules/channel.ts";
import { isUnknown } from "../release/unknown.ts";
import { resourcePolicy } from "./rule.ts";

const RELEASES = new Set(["imprimatur:release:ModuleRelease", "imprimatur:release:PublishedRelease"]);

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
  remediation: "Promote a release whose channel the environment's class admits (catalog/trust/channels.yaml).",
  concerns: (type) => RELEASES.has(type),
  judge: ({ props }, { catalogue, stack }) => {
    const { module, version, manifestDigest } = props;
    if ([module, version, manifestDigest].some((value) => typeof value !== "string" || isUnknown(value))) {
      return [
        {
          message: "its module, version and manifest digest cannot all be known before an update",
          remedy: "pin the release in the stack file, as <version>@sha256:<manifest digest>",
        },
      ];
    }
    return judgeChannel(catalogue, stack, { module, version, manifestDigest } as Record<string, string> as never);
  },
});
