import { z } from "zod";
import {
  judgeConfigMap,
  judgeEnvironment,
  judgeSecretObject,
  judgeValues,
} from "../release/rules/noPlaintextSecrets.ts";
import { CLASSES } from "../release/schema/common.ts";
import { isUnknown } from "../release/unknown.ts";
import type { Violation } from "../release/verdict.ts";
import { resourcePolicy } from "./adapter.ts";
import { classesSetting } from "./classes.ts";
import { isChart } from "./images.ts";

const SECRET = /^kubernetes:core\/v1:Secret(List|Patch)?$/;
const CONFIG_MAP = /^kubernetes:core\/v1:ConfigMap(Patch)?$/;

export const noPlaintextSecrets = resourcePolicy({
  name: "no-plaintext-secrets",
  description: "No credential stands in plain text in a Secret's inputs, a ConfigMap, an environment or chart values.",
  severity: "critical",
  framework: {
    name: "CIS Kubernetes Benchmark",
    version: "1.9.0",
    reference: "5.4.1",
    specification: "Prefer using Secrets as files over Secrets as environment variables.",
  },
  tags: ["CIS", "NIST SSDF", "secrets"],
  remediation:
    "Keep credentials in Secrets that something else fills, name those, and mark what passes through as secret.",
  settings: z.object({
    classes: classesSetting(...CLASSES),
    exempt: z
      .array(z.string())
      .default([])
      .describe("Names of keys and variables that read like credentials and are none"),
  }),
  concerns: (type) => /^(kubernetes|aws|pulumi:providers):/.test(type),
  judge: ({ type, props, isSecret }, { stack, settings }): Violation[] => {
    if (!settings.classes.includes(stack.class)) return [];
    const marks = { isSecret, exempt: settings.exempt };
    if (SECRET.test(type)) return judgeSecretObject(props, marks);
    if (CONFIG_MAP.test(type)) return judgeConfigMap(props, marks);
    if (!isChart(type))
      return type.startsWith("kubernetes:") ? judgeEnvironment(props, settings.exempt) : judgeValues(props, marks, []);
    if (isUnknown(props.values) && !isSecret(["values"])) {
      const remedy = "write them as plain config, with what is secret in them marked as such";
      return [{ message: "whether its values hold credentials cannot be known before an update", remedy }];
    }
    return judgeValues(props.values, marks, ["values"]);
  },
});
