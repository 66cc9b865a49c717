import { z } from "zod";
import { Name, ValuesPath } from "./common.ts";

/**
 * How a module's releases take each other's place. `replace`: one Helm release, upgraded. `slot`: each release beside
 * the one before, as a Helm release of its own; traffic moves.
 */
export const Strategy = z.enum(["replace", "slot"]);

/** A bake is waited for inside an update, which holds the stack's lock: what takes longer is a soak. */
const MAX_BAKE_SECONDS = 600;

/** What of a module gets the traffic. Where it comes from is each stack's to say. */
export const RouteTarget = z.strictObject({
  service: z
    .string()
    .regex(/^[a-z0-9-]*\{slot\}[a-z0-9-]*$/, "must be a name with {slot} in it, which stands for the Helm release")
    .default("{slot}")
    .describe("Name of the chart's Service that gets the traffic; {slot} stands for the name of the Helm release"),
  port: z.int().min(1).max(65_535).describe("Port of that Service"),
  path: z.string().startsWith("/").default("/").describe("Beginning of the URL paths that are the module's"),
});

/** A check that runs in the cluster once a release is ready, and before it gets traffic. */
export const SanityCheck = z.strictObject({
  image: Name.describe("Which image of the release has the check"),
  command: z.array(z.string()).min(1).describe("What is run; it ends with 0 if all is well"),
  env: z.record(z.string(), z.string()).default({}),
  owner: Name.describe("Role that attests what the check and its own eyes have found"),
  timeoutSeconds: z.int().min(1).max(600).default(120).describe("How long the check may take, besides the bake"),
  bakeSeconds: z
    .int()
    .min(0)
    .max(MAX_BAKE_SECONDS, "must be at most 600: a bake is waited for inside an update; what takes longer is a soak")
    .default(0)
    .describe("For how long the release is watched before it gets traffic; the check is told in BAKE_SECONDS"),
});
export type SanityCheck = z.infer<typeof SanityCheck>;

/** What a slot module has besides. */
export const SCALE_DOWN = ValuesPath.regex(/(^|\.)(replicaCount|replicas)$/, "must end with replicaCount or replicas");

/** Where the traffic of a module comes from, in one stack. */
export const StackRoute = z.strictObject({
  gateway: z.strictObject({
    name: Name,
    namespace: Name.optional().describe("That of the module by default"),
    section: Name.optional().describe("Listener of the gateway; all of them by default"),
  }),
  hostnames: z.array(z.string().min(1)).default([]).describe("All that the gateway serves by default"),
});
export type StackRoute = z.infer<typeof StackRoute>;
