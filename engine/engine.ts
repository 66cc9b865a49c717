import type { JsonObject } from "../release/json.ts";
import type { Plan, Unjudged } from "../release/plan.ts";
import type { PolicyVerdict } from "../release/verdict.ts";

/** `pulumi` is the real one; `offline` needs no CLI, no account and no cluster, and only previews. */
export type EngineName = "pulumi" | "offline";

/** A stack to preview: what its stack file says, read and checked by the caller. */
export interface StackInput {
  readonly name: string;
  /** Structured values by full key, such as `imprimatur:modules`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Full keys of the encrypted settings, whose values no engine hands to a plan. */
  readonly secretKeys: readonly string[];
}

/** A line that the program or its runtime wrote. */
export interface LogEntry {
  readonly severity: "info" | "warning" | "error";
  readonly message: string;
  /** URN of the resource that the line is about. */
  readonly urn?: string;
}

/** What one stack would contain, and what the policies say of it. */
export interface StackResult {
  readonly stack: string;
  readonly plan: Plan;
  /** One for each enabled policy, also those without a violation, in order of policy name. */
  readonly verdicts: readonly PolicyVerdict[];
  /** What this engine could not find out; a refusal above `dev`. Always empty for the real engine. */
  readonly unjudged: readonly Unjudged[];
  /** Its errors are what the program itself refuses (the first ring): `<rule>: <violation>`. */
  readonly log: readonly LogEntry[];
  /** Whether it differs from what was applied, by the stack's state; only the real engine knows. */
  readonly changes?: boolean;
}

/** A policy pack, as the Pulumi CLI takes it. */
export interface PackSource {
  /** The folder of `PulumiPolicy.yaml`, absolute or below the root of the project. */
  readonly directory: string;
  /** What `--policy-pack-config` holds: policy name to a level, or to an object with `enforcementLevel` and settings. */
  readonly config?: JsonObject;
}

/** How far the preview of a stack has come. */
export type Phase = "program" | "policies" | "done";

export interface PreviewOptions {
  /** The folder of `Pulumi.yaml`. */
  readonly root: string;
  /** Judges every stack; without one, no stack has a verdict. */
  readonly pack?: PackSource;
  /** Environment variables for the program and the pack, besides the few that every process needs. */
  readonly env?: Readonly<Record<string, string>>;
  readonly onProgress?: (stack: string, phase: Phase) => void;
}

/** Finds out what stacks would contain, without changing anything. */
export interface Engine {
  readonly name: EngineName;
  /**
   * Results in the order of `stacks`.
   * @throws {@link InputError} with the problems of all stacks, where a program or the pack failed.
   */
  preview(stacks: readonly StackInput[], options: PreviewOptions): Promise<readonly StackResult[]>;
}
