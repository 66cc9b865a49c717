import { z } from "zod";
import { isObject } from "../release/json.ts";
import { judgeCanary, judgeCanaryFlag } from "../release/rules/canaryCoherent.ts";
import { resourcePolicy } from "./adapter.ts";
import { isChart } from "./images.ts";
import { judgesOf } from "./judges.ts";

const CANARY_RELEASE = "imprimatur:release:CanaryRelease";

const Claim = z.object({
  module: z.string(),
  flag: z.object({
    flag: z.string(),
    ladder: z.array(z.number()),
    stickiness: z.string(),
    constraints: z.array(z.unknown()),
  }),
});

export const canaryCoherent = resourcePolicy({
  name: "canary-coherent",
  description:
    "The stable and the canary version of some content may both run, the canary is not the older one, it goes only where was signed for, and nothing is owed from the one before.",
  severity: "high",
  framework: {
    name: "NIST SP 800-53",
    version: "5",
    reference: "CM-3(2)",
    specification: "Changes are tested and validated before they are carried out in full.",
  },
  tags: ["NIST SP 800-53", "canary"],
  remediation:
    "Name blessed releases of the content module; the canary is newer than what is stable, or none. Take an owed population to 0 with `imprimatur canary settle`.",
  settings: z.object({}),
  concerns: (type) => type.startsWith("kubernetes:") || type === CANARY_RELEASE,
  judge: ({ type, props }, context) => {
    if (type === CANARY_RELEASE) return judgeRelease(props, context);
    const { metadata, namespace } = props;
    const place = isObject(metadata) ? metadata.namespace : namespace;
    const object = isChart(type) ? { values: props.values } : props;
    return judgeCanary(object, typeof place === "string" ? place : undefined, judgesOf(context));
  },
});

function judgeRelease(props: Readonly<Record<string, unknown>>, context: Parameters<typeof judgesOf>[0]) {
  const { success, data } = Claim.safeParse(props);
  if (success) return judgeCanaryFlag(data.module, data.flag, judgesOf(context));
  return [
    { message: "it does not say whom the canary may go to as plain values", remedy: "write them as plain config" },
  ];
}
