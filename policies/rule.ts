import type { Severity } from "@pulumi/policy";
import type { z } from "zod";
import type { Catalogue } from "../release/catalogue.ts";
import type { Files } from "../release/files.ts";
import type { Gate } from "../release/gate.ts";
import type { TrustedStack } from "../release/schema/trust.ts";
import type { Violation } from "../release/verdict.ts";
import type { SecretTest } from "./secretValues.ts";

/** A resource as a rule sees it: plain data, values that cannot be known yet still as the engine's sentinels. */
export interface JudgedResource {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly props: Readonly<Record<string, unknown>>;
  /** Whether the program marked the value at a path as secret, or something around it. */
  readonly isSecret: SecretTest;
  readonly options: {
    readonly protect: boolean;
    readonly ignoreChanges: readonly string[];
    /** URN of the parent. */
    readonly parent?: string;
  };
  /** The explicit provider; absent where there is none. */
  readonly provider?: { readonly type: string; readonly props: Readonly<Record<string, unknown>> };
}

/** What a rule judges by. Time is an argument, as everywhere in release/. */
export interface RuleContext<Settings> {
  readonly catalogue: Catalogue;
  /** The checkout that holds the catalogue: for committed plans and the like. */
  readonly files: Files;
  readonly stack: TrustedStack;
  readonly gate: Gate;
  readonly now: Date;
  /** Whether this is a preview: then an update will judge again. */
  readonly preview: boolean;
  /** The policy's own settings, checked, with their defaults. */
  readonly settings: Settings;
}

/** A violation as a rule hands it over; `advice` is shown and stops nothing, whatever level the policy has. */
export type Finding = Violation & { readonly advice?: boolean };

/** What every policy says of itself, for the pack's metadata and for docs/policies.md. */
export interface RuleText {
  /** Name of the policy, such as `blessed-images`. */
  readonly name: string;
  /** What it holds, in one sentence. */
  readonly description: string;
  readonly severity: Severity;
  /** The framework that asks for it, and where. */
  readonly framework: {
    readonly name: string;
    readonly version: string;
    readonly reference: string;
    readonly specification: string;
  };
  /** Such as `SLSA`, `NIST SSDF`, `CIS`. */
  readonly tags: readonly string[];
  /** How a refusal is mended, in general; each violation says it in particular. */
  readonly remediation: string;
}

/** A policy that judges one resource at a time: on an update, before that resource is made. */
export interface ResourceRule<Settings extends z.ZodObject> extends RuleText {
  readonly settings: Settings;
  /** Whether a resource of this type concerns the rule at all. */
  readonly concerns: (type: string) => boolean;
  readonly judge: (resource: JudgedResource, context: RuleContext<z.output<Settings>>) => readonly Finding[];
}

/** A policy over all resources of a stack. On an update it runs at the end, so it only counts at preview: `up` previews first. */
export interface StackRule<Settings extends z.ZodObject> extends RuleText {
  readonly settings: Settings;
  readonly judgeStack: (
    resources: readonly JudgedResource[],
    context: RuleContext<z.output<Settings>>,
  ) => readonly Finding[];
}
