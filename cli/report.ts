import { z } from "zod";
import type { StackResult } from "../engine/engine.ts";
import { diffPins, diffPlans, type ResourceChange } from "../release/planDiff.ts";
import { startWaves } from "../release/platform.ts";
import { Channel, Commit, Digest, EnvironmentClass, Instant, Name, Purpose } from "../release/schema/common.ts";
import { allows, type PolicyVerdict } from "../release/verdict.ts";
import type { Base } from "./base.ts";
import { programVerdicts, unjudgedVerdicts } from "./builtInVerdicts.ts";
import type { CheckedStack } from "./stacks.ts";

const Operation = z.enum(["create", "update", "replace", "delete", "same"]);
const Counts = z.strictObject({
  create: z.int(),
  update: z.int(),
  replace: z.int(),
  delete: z.int(),
  same: z.int(),
});
/** How many resources each operation concerns. */
export type Counts = z.infer<typeof Counts>;

const Pin = z.strictObject({ version: z.string(), manifestDigest: z.string() });

const ModuleReport = z.strictObject({
  name: Name,
  purpose: Purpose,
  version: z.string(),
  channel: Channel,
  manifestDigest: Digest,
  previous: Pin.optional().describe("What it could be rolled back to"),
  floating: Channel.optional().describe("Channel that the pin floats on"),
});

const ResourceReport = z.strictObject({
  op: Operation,
  urn: z.string(),
  type: z.string(),
  name: z.string(),
  parent: z.string().optional(),
  module: z.string().optional().describe("Module whose release this component stands for"),
  changes: z.array(z.strictObject({ path: z.string(), before: z.unknown().optional(), after: z.unknown().optional() })),
});
export type ResourceReport = z.infer<typeof ResourceReport>;

const VerdictReport = z.strictObject({
  policy: z.string(),
  level: z.enum(["mandatory", "advisory"]),
  violations: z.array(
    z.strictObject({ urn: z.string().optional(), message: z.string(), remedy: z.string().optional() }),
  ),
});
export type VerdictReport = z.infer<typeof VerdictReport>;

const StackReport = z.strictObject({
  name: Name,
  class: EnvironmentClass,
  allowed: z.boolean().describe("No mandatory policy refuses it"),
  compared: z.boolean().describe("Whether the base has a plan of this stack; without one everything is new"),
  counts: Counts,
  modules: z.array(ModuleReport).describe("In order of start"),
  waves: z.array(z.array(Name)).describe("Modules by when they start: each wave when all of the one before is ready"),
  pinChanges: z.array(z.strictObject({ module: z.string(), before: Pin.optional(), after: Pin.optional() })),
  resources: z.array(ResourceReport).describe("In order of URN"),
  verdicts: z.array(VerdictReport),
  warnings: z.array(z.string()).describe("What the program warned of"),
});
export type StackReport = z.infer<typeof StackReport>;

/** What `imprimatur preview --json` prints: the same bytes for the same checkout, base and options. */
export const PreviewReport = z
  .strictObject({
    allowed: z.boolean().describe("Every stack is allowed"),
    engine: z.strictObject({ name: z.enum(["pulumi", "offline"]), reason: z.string().describe("Why this one") }),
    base: z.strictObject({
      commit: Commit.optional(),
      reason: z.string().describe("How the base was chosen, or why there is none"),
    }),
    at: Instant.optional().describe("The instant that was judged for"),
    sets: z.array(z.string()).describe("The --set options that it was judged with"),
    counts: Counts,
    stacks: z.array(StackReport),
  })
  .meta({ title: "Imprimatur preview", id: "preview" });
export type PreviewReport = z.infer<typeof PreviewReport>;

/** What was asked for and found out, to be put into one report. */
export interface PreviewFacts {
  readonly engine: PreviewReport["engine"];
  readonly base: Base;
  readonly at?: string;
  readonly sets: readonly string[];
  readonly stacks: readonly CheckedStack[];
  /** In the order of `stacks`. */
  readonly results: readonly StackResult[];
}

/** Puts a preview together from its facts. */
export function buildReport({ engine, base, at, sets, stacks, results }: PreviewFacts): PreviewReport {
  const reports = stacks.flatMap((stack, index) => {
    const result = results[index];
    return result === undefined ? [] : [stackReport(stack, result, base)];
  });
  return {
    allowed: reports.every(({ allowed }) => allowed),
    engine,
    base: { ...(base.commit && { commit: base.commit }), reason: base.reason },
    ...(at && { at }),
    sets: [...sets],
    counts: addCounts(reports.map(({ counts }) => counts)),
    stacks: reports,
  };
}

function stackReport({ platform }: CheckedStack, result: StackResult, base: Base): StackReport {
  const before = base.plan(platform.stack.name);
  const resources = diffPlans(before, result.plan);
  const verdicts = [
    ...programVerdicts(result.log),
    ...result.verdicts,
    ...unjudgedVerdicts(platform.stack, result.unjudged),
  ];
  return {
    name: platform.stack.name,
    class: platform.stack.class,
    allowed: allows(verdicts),
    compared: before !== undefined,
    counts: countOperations(resources),
    modules: [...platform.modules.values()].map(({ module, current, previous, floating }) => ({
      name: module.name,
      purpose: module.purpose,
      version: current.manifest.version,
      channel: current.manifest.channel,
      manifestDigest: current.manifestDigest,
      ...(previous && { previous: { version: previous.manifest.version, manifestDigest: previous.manifestDigest } }),
      ...(floating && { floating }),
    })),
    waves: startWaves(platform).map((wave) => [...wave]),
    pinChanges: [...diffPins(before, result.plan)],
    resources: resources.map((resource) => ({ ...resource, changes: [...resource.changes] })),
    verdicts: verdicts.map(toVerdictReport),
    warnings: result.log.filter(({ severity }) => severity === "warning").map(({ message }) => message),
  };
}

function toVerdictReport({ policy, level, violations }: PolicyVerdict): VerdictReport {
  return { policy, level, violations: violations.map((violation) => ({ ...violation })) };
}

function countOperations(resources: readonly ResourceChange[]): Counts {
  const counts: Counts = { create: 0, update: 0, replace: 0, delete: 0, same: 0 };
  for (const { op } of resources) counts[op] += 1;
  return counts;
}

function addCounts(all: readonly Counts[]): Counts {
  const sum = (op: keyof Counts) => all.reduce((total, counts) => total + counts[op], 0);
  return {
    create: sum("create"),
    update: sum("update"),
    replace: sum("replace"),
    delete: sum("delete"),
    same: sum("same"),
  };
}
