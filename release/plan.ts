import { z } from "zod";
import type { Files } from "./files.ts";
import { prettyJson, sha256, sortKeys } from "./json.ts";

/**
 * A resource as the program registered it: what is desired, before any provider has had a say.
 * Secrets are replaced by {@link SECRET}, values that only an update can know by {@link UNKNOWN}.
 */
export const PlannedResource = z.strictObject({
  urn: z.string().startsWith("urn:pulumi:"),
  type: z.string(),
  name: z.string(),
  /** False for a component resource, which has no provider and no state of its own. */
  custom: z.boolean(),
  /** URN of the parent; absent for the stack itself. */
  parent: z.string().optional(),
  /** URN of the explicit provider; absent for components and where the default provider is used. */
  provider: z.string().optional(),
  inputs: z.record(z.string(), z.unknown()),
  /** URNs that must be there first, sorted. */
  dependencies: z.array(z.string()),
  /** Resource options that differ from their default. */
  options: z.strictObject({
    protect: z.boolean().optional(),
    retainOnDelete: z.boolean().optional(),
    deleteBeforeReplace: z.boolean().optional(),
    ignoreChanges: z.array(z.string()).optional(),
    replaceOnChanges: z.array(z.string()).optional(),
    additionalSecretOutputs: z.array(z.string()).optional(),
    aliases: z.array(z.unknown()).optional(),
    customTimeouts: z.record(z.string(), z.string()).optional(),
    import: z.string().optional(),
    version: z.string().optional(),
    deletedWith: z.string().optional(),
  }),
});
export type PlannedResource = z.infer<typeof PlannedResource>;

/** The file that a stack's plan is committed in. */
export function planFile(stack: string): string {
  return `plans/${stack}.json`;
}

/** SHA-256 of a stack's committed plan, as the ledger names it: of nothing where none is committed. */
export function planDigest(files: Files, stack: string): string {
  return sha256(files.read(planFile(stack)) ?? "");
}

/** The desired resources of one stack, in canonical order: no operations, no verdicts, no time. */
export const Plan = z.strictObject({
  $schema: z.string().optional(),
  stack: z.string(),
  project: z.string(),
  resources: z.array(PlannedResource),
});
export type Plan = z.infer<typeof Plan>;

/** Stands in a plan for the value of a secret. */
export const SECRET = "[secret]";
/** Stands in a plan for a value that only an update can know. */
export const UNKNOWN = "[unknown]";

/** Something the offline engine could not judge; a refusal above `dev`. */
export interface Unjudged {
  readonly urn: string;
  /** What it is: an invoke, a remote component, a secret setting, … */
  readonly what: string;
}

/** A plan whose resources stand in order of URN and whose inputs have sorted keys. */
export function canonicalPlan(plan: Plan): Plan {
  const resources = [...plan.resources].sort((a, b) => (a.urn < b.urn ? -1 : a.urn > b.urn ? 1 : 0));
  return sortKeys({
    ...plan,
    resources: resources.map((resource) => ({ ...resource, dependencies: [...resource.dependencies].sort() })),
  });
}

/** The bytes of `plans/<stack>.json`. */
export function planText(plan: Plan): string {
  return prettyJson({ $schema: "../schemas/plan.json", ...canonicalPlan(plan) });
}
