import { z } from "zod";
import { isObject } from "../release/json.ts";
import { kindOf } from "../release/kubernetes/kind.ts";
import {
  automatedSyncs,
  consumerOf,
  isGitOps,
  judgeConsumer,
  judgeSync,
  sourceOf,
} from "../release/rules/gatedSync.ts";
import { combinedPolicy } from "./adapter.ts";
import { classesSetting } from "./classes.ts";
import { isChart } from "./images.ts";
import { namespaceOf } from "./namespace.ts";

export const gatedSync = combinedPolicy({
  name: "gated-sync",
  description: "Above dev no GitOps controller brings anything into a cluster by itself.",
  severity: "high",
  framework: {
    name: "NIST SSDF",
    version: "1.1",
    reference: "PS.1.1",
    specification:
      "All forms of code, configuration as code included, are open only to authorized personnel, tools and services.",
  },
  tags: ["NIST SSDF", "GitOps"],
  remediation:
    "Argo CD: take syncPolicy.automated out. Flux: hold the source to one commit, digest or version, or suspend it.",
  settings: z.object({ classes: classesSetting("staging", "prod") }),
  concerns: (type) => type.startsWith("kubernetes:"),
  judge: ({ type, props }, { stack, settings }) => {
    if (!settings.classes.includes(stack.class)) return [];
    if (isChart(type)) return automatedSyncs(props.values, "values");
    const kind = kindOf(type, props);
    return kind !== undefined && isGitOps(kind) ? judgeSync(kind, props) : [];
  },
  judgeStack: (resources, { stack, settings }) => {
    if (!settings.classes.includes(stack.class)) return [];
    const objects = resources.flatMap((resource) => {
      const kind = kindOf(resource.type, resource.props);
      if (kind === undefined || !isGitOps(kind)) return [];
      const { urn, props } = resource;
      const name = isObject(props.metadata) ? props.metadata.name : undefined;
      return [{ kind, props, urn, namespace: namespaceOf(resource) ?? "", name: typeof name === "string" ? name : "" }];
    });
    const sources = new Set(objects.flatMap(({ kind, namespace, name }) => sourceOf(kind, namespace, name) ?? []));
    return objects.flatMap(({ kind, props, urn, namespace }) => {
      const consumer = consumerOf(kind, props, namespace);
      return consumer === undefined ? [] : judgeConsumer(consumer, sources).map((violation) => ({ ...violation, urn }));
    });
  },
});
