import { z } from "zod";
import type { JsonObject } from "../release/json.ts";
import type { PlannedResource } from "../release/plan.ts";
import type { LogEntry } from "./engine.ts";
import type { EnforcementLevel } from "./packConfig.ts";
import { plannedInputs } from "./registration.ts";
import { providerUrn } from "./urn.ts";

/** The state that a resource would have, as `pulumi preview --json` prints it. */
const State = z.object({
  urn: z.string(),
  type: z.string(),
  custom: z.boolean(),
  external: z.boolean().optional(),
  parent: z.string().optional(),
  provider: z.string().optional(),
  inputs: z.record(z.string(), z.json()).optional(),
  dependencies: z.array(z.string()).optional(),
  protect: z.boolean().optional(),
  retainOnDelete: z.boolean().optional(),
  ignoreChanges: z.array(z.string()).optional(),
  replaceOnChanges: z.array(z.string()).optional(),
  additionalSecretOutputs: z.array(z.string()).optional(),
  customTimeouts: z.record(z.string(), z.number()).optional(),
  importID: z.string().optional(),
  deletedWith: z.string().optional(),
});
type State = z.infer<typeof State>;

const Digest = z.object({
  steps: z.array(z.object({ op: z.string(), newState: State.optional() })).default([]),
  diagnostics: z.array(z.object({ urn: z.string().optional(), message: z.string(), severity: z.string() })).default([]),
});
/** What `pulumi preview --json` prints. */
export type Digest = z.infer<typeof Digest>;

/** Undefined where the CLI printed something else, as it does where it cannot even begin. */
export function readDigest(stdout: string): Digest | undefined {
  try {
    return Digest.parse(JSON.parse(stdout));
  } catch {
    return undefined;
  }
}

/** A policy's violation, as the CLI's event log has it. */
const PolicyEvent = z.object({
  resourceUrn: z.string().optional(),
  message: z.string(),
  policyName: z.string(),
  enforcementLevel: z.enum(["advisory", "mandatory", "remediate", "disabled"]),
});
const EngineEvent = z.object({ policyEvent: PolicyEvent.optional() });

/** The violations in an event log, one JSON object a line. */
export function readViolations(eventLog: string): {
  readonly policy: string;
  readonly level: EnforcementLevel;
  readonly text: string;
  readonly urn: string | undefined;
}[] {
  const lines = eventLog.split("\n").filter((line) => line !== "");
  return lines.flatMap((line) => {
    const { policyEvent: event } = EngineEvent.parse(JSON.parse(line));
    if (event === undefined) return [];
    const { policyName: policy, enforcementLevel: level, message, resourceUrn: urn } = event;
    return [{ policy, level, text: message.trim(), urn }];
  });
}

/** The resources that a preview wants to be there: neither those that it deletes nor those that it only reads. */
export function desiredResources(digest: Digest): PlannedResource[] {
  const states = digest.steps.flatMap(({ op, newState }) =>
    newState === undefined || newState.external === true || op.startsWith("delete") ? [] : [newState],
  );
  // A replacement has more than one step for the same resource.
  return [...new Map(states.map((state) => [state.urn, plannedState(state)])).values()];
}

/** What the engine does to a resource that stays as it is. */
const NO_CHANGE = new Set(["same", "read", "refresh"]);

/** Whether applying it would change anything of what the stack's state has. */
export function changesState({ steps }: Digest): boolean {
  return steps.some(({ op }) => !NO_CHANGE.has(op));
}

const DEFAULT_PROVIDER = /::default(?:_(\d+_\d+_\d+.*))?$/;

function plannedState(state: State): PlannedResource {
  const { urn, type, custom, parent, inputs = {} } = state;
  const provider = state.provider === undefined ? undefined : providerUrn(state.provider);
  const isDefault = provider !== undefined && DEFAULT_PROVIDER.test(provider);
  return {
    urn,
    type,
    name: urn.split("::").slice(3).join("::"),
    custom,
    ...(parent === undefined ? {} : { parent }),
    ...(provider === undefined || isDefault ? {} : { provider }),
    inputs: plannedInputs(type, inputs as JsonObject),
    dependencies: [...(state.dependencies ?? [])].sort(),
    options: plannedOptions(state, isDefault ? provider : undefined),
  };
}

function plannedOptions(state: State, defaultProvider: string | undefined): PlannedResource["options"] {
  const timeouts = Object.entries(state.customTimeouts ?? {}).map(([operation, value]) => [operation, `${value}s`]);
  // The engine names a default provider after its version, and tells the version nowhere else.
  const version = DEFAULT_PROVIDER.exec(defaultProvider ?? "")?.[1]?.replaceAll("_", ".");
  return {
    ...(state.protect && { protect: true }),
    ...(state.retainOnDelete && { retainOnDelete: true }),
    ...(state.ignoreChanges && { ignoreChanges: state.ignoreChanges }),
    ...(state.replaceOnChanges && { replaceOnChanges: state.replaceOnChanges }),
    ...(state.additionalSecretOutputs && { additionalSecretOutputs: state.additionalSecretOutputs }),
    ...(timeouts.length > 0 && { customTimeouts: Object.fromEntries(timeouts) as Record<string, string> }),
    ...(state.importID && { import: state.importID }),
    ...(version !== undefined && { version }),
    ...(state.deletedWith && { deletedWith: state.deletedWith }),
  };
}

const SEVERITY: Readonly<Record<string, LogEntry["severity"]>> = { warning: "warning", error: "error" };
/** The last word of the CLI on a preview that came to its end and in which a policy was violated. */
const PREVIEW_FAILED = "preview failed";

/** What the program and the engine logged, without the CLI's own prefixes. */
export function readLog(digest: Digest): LogEntry[] {
  return messages(digest).filter(({ message }) => message !== PREVIEW_FAILED && message !== "");
}

/** Whether the preview came to its end, and a policy or a check of a provider failed it. */
export function isRefused(digest: Digest): boolean {
  return messages(digest).some(({ message }) => message === PREVIEW_FAILED);
}

function messages(digest: Digest): LogEntry[] {
  return digest.diagnostics.map(({ urn, message, severity }) => {
    const text = message.trim().replace(/^(?:error|warning): /, "");
    return { severity: SEVERITY[severity] ?? "info", message: text, ...(urn ? { urn } : {}) };
  });
}
