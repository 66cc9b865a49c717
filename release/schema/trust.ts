import { z } from "zod";
import { Channel, EnvironmentClass, Instant, Name } from "./common.ts";

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
      }),
    ),
  })
  .meta({ title: "Imprimatur stacks" });
export type StacksFile = z.infer<typeof StacksFile>;
/** A stack as trust knows it. */
export type TrustedStack = StacksFile["stacks"][string] & { readonly name: string };

const Floors = z.strictObject({ bleed: Channel, dev: Channel, staging: Channel, prod: Channel });

/** `catalog/trust/channels.yaml`: the lowest channel that each class admits, per purpose. */
export const ChannelsFile = z.strictObject({ service: Floors, offered: Floors }).meta({ title: "Imprimatur channels" });
export type ChannelsFile = z.infer<typeof ChannelsFile>;
