import { z } from "zod";
import { isObject } from "../release/json.ts";
import { judgeCanary } from "../release/rules/canaryCoherent.ts";
import { resourcePolicy } from "./adapter.ts";
import { isChart } from "./images.ts";
import { judgesOf } from "./judges.ts";

export const canaryCoherent = resourcePolicy({
  name: "canary-coherent",
  description: "The stable and the canary version of some content may both run, and the canary is not the older one.",
  severity: "high",
  framework: {
    name: "NIST SP 800-53",
    version: "5",
    reference: "CM-3(2)",
    specification: "Changes are tested and validated before they are carried out in full.",
  },
  tags: ["NIST SP 800-53", "canary"],
  remediation: "Name blessed releases of the content module; the canary is newer than what is stable, or none.",
  settings: z.object({}),
  concerns: (type) => type.startsWith("kubernetes:"),
  judge: ({ type, props }, context) => {
    const { metadata, namespace } = props;
    const place = isObject(metadata) ? metadata.namespace : namespace;
    const object = isChart(type) ? { values: props.values } : props;
    return judgeCanary(object, typeof place === "string" ? place : undefined, judgesOf(context));
  },
});
