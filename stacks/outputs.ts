import { all, type Input, type Output, RunError, type StackReference } from "@pulumi/pulumi";
import { z } from "zod";

/** What a stack says of itself once it is applied. */
export interface StackOutputs {
  /** Names of the namespaces that modules run in, sorted. */
  readonly namespaces: Input<readonly string[]>;
  /** A secret. Absent for a cluster that exists already. */
  readonly kubeconfig?: Input<string>;
  /** Where the cluster's API server is. Absent for a cluster that exists already. */
  readonly endpoint?: Input<string>;
  /** By name of the registry: host and path that its repositories share. */
  readonly registryUrls: Input<Readonly<Record<string, string>>>;
  /** By module: the manifest digest of the release that runs, or that is offered. */
  readonly manifestDigests: Input<Readonly<Record<string, string>>>;
}

const SCHEMAS = {
  namespaces: z.array(z.string()),
  kubeconfig: z.string().optional(),
  endpoint: z.string().optional(),
  registryUrls: z.record(z.string(), z.string()),
  manifestDigests: z.record(z.string(), z.string()),
} satisfies Record<keyof StackOutputs, z.ZodType>;

/** The outputs of another stack: the type that each has once it is known. */
export type ReadOutputs = { readonly [Name in keyof typeof SCHEMAS]: Output<z.output<(typeof SCHEMAS)[Name]>> };

/**
 * Reads the outputs of another stack of this project. What is secret there stays secret here.
 *
 * An output that is missing or of another type fails whatever depends on it, with the name of stack and output: a stack
 * that was applied by an older program is told from one that has nothing.
 */
export function readOutputs(stack: StackReference): ReadOutputs {
  const read = (name: keyof StackOutputs) =>
    all([stack.name, stack.getOutput(name)]).apply(([from, value]) => {
      const result = SCHEMAS[name].safeParse(value);
      if (result.success) return result.data;
      // Never the value: it may be secret.
      const what = value === undefined ? "is missing" : "is of another type than expected";
      throw new RunError(`the output ${name} of stack ${from} ${what}: apply that stack again`);
    });
  const entries = Object.keys(SCHEMAS).map((name) => [name, read(name as keyof StackOutputs)]);
  return Object.fromEntries(entries) as ReadOutputs;
}
