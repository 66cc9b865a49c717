import { z } from "zod";
import { Channel, Name, Values } from "./common.ts";
import { FlagName, FlagSetting } from "./flags.ts";
import { BuildSettings, ClusterSettings, RegistrySettings } from "./infrastructure.ts";
import { StackRoute } from "./strategy.ts";

/** `<version>@sha256:<manifest digest>`: the version is for people, the manifest digest for machines. */
export const Pin = z
  .string()
  .regex(/^[^@\s]+@sha256:[0-9a-f]{64}$/, "must be <version>@sha256:<manifest digest>")
  .meta({ description: "<version>@sha256:<manifest digest>" });

const Pins = z.union([Channel, z.array(Pin).min(1).max(2)]).meta({
  description: "[current] or [current, previous]; in dev and bleed also a bare channel, which floats",
});

/** Hard limits of a namespace, as Kubernetes writes quantities. */
const Quota = z.record(z.string(), z.union([z.string(), z.number()]));

/** Where the flags that are switched at once are kept. Its token comes from the environment: UNLEASH_TOKEN. */
const UnleashSettings = z.strictObject({
  url: z.url().describe("Where Unleash is, without /api"),
  project: z.string().min(1).default("default"),
  environment: z.string().min(1),
});

/** The settings of the program in `Pulumi.<stack>.yaml`. */
export const StackSettings = z.strictObject({
  "imprimatur:cluster": ClusterSettings,
  "imprimatur:registries": z.record(Name, RegistrySettings),
  "imprimatur:modules": z.record(Name, Pins),
  "imprimatur:values": z.record(Name, Values).default({}).describe("Chart values for this stack, per module"),
  "imprimatur:previousValues": z
    .record(Name, Values)
    .default({})
    .describe(
      "All chart values that a module's previous slot was made with, where they are no longer the current ones",
    ),
  "imprimatur:routes": z
    .record(Name, StackRoute)
    .default({})
    .describe("Where the traffic of each module with the strategy slot comes from"),
  "imprimatur:flags": z
    .record(Name, z.record(FlagName, FlagSetting))
    .default({})
    .describe("Feature flags for this stack, per module; off where nothing is said"),
  "imprimatur:unleash": UnleashSettings.optional().describe("The Unleash that this stack's services ask"),
  "imprimatur:build": BuildSettings.default({}).describe("Images to build from source, in bleed and dev alone"),
  "imprimatur:quota": Quota.default({}).describe("Hard limits of each namespace"),
});
export type StackSettings = z.infer<typeof StackSettings>;

/** Pulumi's own settings and those of other packages pass; an unknown one of ours is a typing mistake. */
const StackConfig = z.looseObject(StackSettings.shape).superRefine((config, context) => {
  const keys = Object.keys(config).filter((key) => key.startsWith("imprimatur:") && !(key in StackSettings.shape));
  if (keys.length > 0) context.addIssue({ code: "unrecognized_keys", keys, input: config });
});

/** `Pulumi.<stack>.yaml` as a whole. */
export const StackFile = z
  .strictObject({
    config: StackConfig,
    encryptionsalt: z.string().optional(),
    encryptedkey: z.string().optional(),
    secretsprovider: z.string().optional(),
    environment: z.unknown().optional(),
  })
  .meta({ title: "Imprimatur stack" });
