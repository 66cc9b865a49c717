import { z } from "zod";
import { GATE_NAMESPACE, gateStackName } from "../admission/names.ts";
import { Channel, EnvironmentClass, Instant, Name } from "./common.ts";

export const AdmissionGateMode = z.enum(["audit", "warn", "enforce"]);
/** What happens to an image that is on no list: only the audit log tells, whoever asked is warned too, or it is refused. */
export type AdmissionGateMode = z.infer<typeof AdmissionGateMode>;

/** A namespace in which users start what is offered to them. */
const Sessions = z.strictObject({
  floor: Channel.describe("The lowest channel that a session may be of"),
  fallbacks: z
    .int()
    .min(0)
    .max(50)
    .default(0)
    .describe(
      "Releases that stay for users to fall back on, of those that the stack has run before its current and previous one",
    ),
  modules: z
    .array(Name)
    .default([])
    .describe("Modules of other namespaces whose images sessions use as well, as for an init container"),
});

/** The admission gate of a stack's cluster, which the stack `<stack>-gate` applies. */
export const AdmissionGateSettings = z.strictObject({
  mode: AdmissionGateMode.describe("enforce in prod, always"),
  exempt: z
    .record(Name, z.string().min(1))
    .default({ "kube-system": "the cluster's own" })
    .describe(
      "Namespaces that are not judged, each with the reason: the cluster's own, and add-ons whose images have tags",
    ),
  sessions: z
    .record(Name, Sessions)
    .default({})
    .describe("Namespaces in which users start sessions of what is offered"),
});
export type AdmissionGateSettings = z.infer<typeof AdmissionGateSettings>;

/** `catalog/trust/stacks.yaml`: what each stack is. It decides, so it never stands in the stack's own file. */
export const StacksFile = z
  .strictObject({
    judgedAt: Instant.optional().describe(
      "Instant that a reference platform is judged at, so that its votes never run out; leave it out for a platform of your own",
    ),
    organization: Name.optional().describe(
      "Who runs the platform; first in the name of everything that is made on AWS",
    ),
    platform: Name.optional().describe("Name of the platform; second in those names"),
    stacks: z.record(
      Name,
      z.strictObject({
        class: EnvironmentClass,
        description: z.string().optional(),
        mirrors: Name.optional().describe("The stack that proves what is to come here: both must be alike"),
        account: z
          .string()
          .regex(/^\d{12}$/, "must be the 12 digits of an AWS account")
          .optional(),
        region: z.string().optional(),
        clusterUid: z.uuid().optional().describe("UID of the cluster's kube-system namespace"),
        gate: AdmissionGateSettings.optional().describe("The admission gate of its cluster; none by default"),
      }),
    ),
  })
  .superRefine(({ stacks }, context) => {
    for (const [name, { class: stackClass, gate }] of Object.entries(stacks)) {
      if (gate === undefined) continue;
      if (stackClass === "prod" && gate.mode !== "enforce") {
        const message = `must be enforce: ${name} is prod`;
        context.addIssue({ code: "custom", path: ["stacks", name, "gate", "mode"], message, input: gate.mode });
      }
      if (gateStackName(name) in stacks) {
        const message = `has the name of the stack that applies the admission gate of ${name}`;
        context.addIssue({ code: "custom", path: ["stacks", gateStackName(name)], message, input: undefined });
      }
      const both = Object.keys(gate.sessions).filter((namespace) => namespace in gate.exempt);
      for (const namespace of both) {
        const path = ["stacks", name, "gate", "exempt", namespace];
        context.addIssue({
          code: "custom",
          path,
          message: "is a namespace of sessions, which are judged",
          input: undefined,
        });
      }
      if (GATE_NAMESPACE in gate.exempt) {
        const path = ["stacks", name, "gate", "exempt", GATE_NAMESPACE];
        context.addIssue({
          code: "custom",
          path,
          message: "is the gate's own namespace, in which nothing may run",
          input: undefined,
        });
      }
    }
  })
  .meta({ title: "Imprimatur stacks" });
export type StacksFile = z.infer<typeof StacksFile>;
/** A stack as trust knows it. */
export type TrustedStack = StacksFile["stacks"][string] & {
  readonly name: string;
  /** The stack whose admission gate this one applies; absent for all others. */
  readonly gates?: string;
};

const Floors = z.strictObject({ bleed: Channel, dev: Channel, staging: Channel, prod: Channel });

/** `catalog/trust/channels.yaml`: the lowest channel that each class admits, per purpose. */
export const ChannelsFile = z.strictObject({ service: Floors, offered: Floors }).meta({ title: "Imprimatur channels" });
export type ChannelsFile = z.infer<typeof ChannelsFile>;
