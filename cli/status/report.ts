import { z } from "zod";
import { Channel, Digest, EnvironmentClass, Instant, Name, Purpose } from "../../release/schema/common.ts";
import { CanaryStep, LedgerAction, LedgerEntry } from "../../release/schema/ledger.ts";
import { RequirementReport } from "../approve/requirements.ts";
import { Population } from "../canary/populations.ts";
import { EnvironmentsReport } from "../environments/differences.ts";

const Release = z.strictObject({ version: z.string(), manifestDigest: Digest });

/** How a release stands for a stack: each thing that is asked of it, and whether all of it is there. */
const Standing = z.strictObject({
  /** It may run there. */
  allowed: z.boolean(),
  /** There is a valid blessing. */
  blessed: z.boolean(),
  /** Everything that is asked for is there. */
  passed: z.boolean(),
  requirements: z.array(RequirementReport),
  next: z.string().optional(),
});

/** A release that the stack before has, and this one does not pin yet. */
const Candidate = Release.extend({ channel: Channel, from: Name, ...Standing.shape });

const Flag = z.strictObject({
  flag: z.string(),
  /** What the stack sets it to: on, off, a percentage or sites. */
  setting: z.string(),
  maturity: z.string(),
  expires: z.string(),
  /** Why it should be looked after; empty where nothing is the matter. */
  stale: z.array(z.string()),
});

/** What one stack has of one module. */
const ModuleStatus = z.strictObject({
  module: Name,
  purpose: Purpose,
  /**
   * `running`: what is pinned runs by the ledger. `to-apply`: it does not yet. `unrecorded`: the stack has no ledger, so nobody
   * has recorded what runs. `refused`: what is pinned may not run there.
   */
  state: z.enum(["running", "to-apply", "unrecorded", "refused"]),
  /** What the stack file asks for. */
  pinned: Release.extend({ channel: Channel, floating: Channel.optional() }),
  previous: Release.optional(),
  /** What runs by the ledger. */
  runs: Release.extend({
    since: Instant,
    /** Number of the ledger's entry. */
    entry: z.int(),
    /** SHA-256 of the blessing's file. */
    blessing: z.string().nullable(),
    previous: Release.optional(),
  }).optional(),
  standing: Standing,
  candidate: Candidate.optional(),
  canary: CanaryStep.extend({ since: Instant }).optional(),
  flags: z.array(Flag),
  /** Newest signed release confidence that was measured in this stack, in percent. */
  confidence: z.number().optional(),
});
export type ModuleStatus = z.infer<typeof ModuleStatus>;

const Occurrence = z.strictObject({ window: Name, start: Instant, end: Instant });

/** What a cluster itself says. */
const ClusterStatus = z.strictObject({
  /** Whether it answered; `text` says why it was not asked, or what it said. */
  answered: z.boolean(),
  text: z.string(),
  pods: z.int().optional(),
  findings: z.array(
    z.strictObject({
      kind: z.enum(["revoked", "unlisted", "undigested", "missing"]),
      namespace: z.string(),
      where: z.string(),
      image: z.string().optional(),
      text: z.string(),
    }),
  ),
});
export type ClusterStatus = z.infer<typeof ClusterStatus>;

const StackStatus = z.strictObject({
  stack: Name,
  class: EnvironmentClass,
  description: z.string().optional(),
  /** Whether it runs only what is blessed for it. */
  asksForBlessing: z.boolean(),
  ledger: z.strictObject({
    entries: z.int(),
    last: z
      .strictObject({
        seq: z.int(),
        at: Instant,
        person: Name,
        action: LedgerAction,
        outcome: LedgerEntry.shape.outcome,
      })
      .optional(),
    broken: z.strictObject({ path: z.string(), message: z.string() }).optional(),
  }),
  modules: z.array(ModuleStatus),
  windows: z.strictObject({
    open: z.array(Occurrence),
    next: Occurrence.optional(),
    freezes: z.array(z.strictObject({ name: Name, until: Instant, reason: z.string() })),
  }),
  cluster: ClusterStatus.optional(),
  /** Those of canaries, where Unleash was to be asked. */
  populations: z.array(Population).optional(),
});
export type StackStatus = z.infer<typeof StackStatus>;

/** What somebody can supply, for all the releases that wait for it. */
const Wait = z.strictObject({
  /** The role that is asked for; absent where particular people are. */
  role: z.string().optional(),
  people: z.array(z.string()),
  items: z.array(
    z.strictObject({
      module: Name,
      version: z.string(),
      stack: Name,
      id: z.string(),
      text: z.string(),
      command: z.string().optional(),
    }),
  ),
});
export type Wait = z.infer<typeof Wait>;

/** What runs where, on whose word, and what waits for whom (`schemas/status.json`). */
export const StatusReport = z
  .strictObject({
    at: Instant,
    stacks: z.array(StackStatus),
    waits: z.array(Wait),
    /** Why nothing is promoted now: who stopped the line, when and why. */
    stops: z.array(z.string()),
    /** What somebody still owes: actions, and reviews after emergencies. */
    owed: z.array(
      z.strictObject({
        id: z.string(),
        kind: z.enum(["action", "review"]),
        what: z.string(),
        owner: z.string(),
        since: Instant,
        due: Instant.optional(),
      }),
    ),
    differences: EnvironmentsReport.shape.rows,
  })
  .meta({ title: "Imprimatur status" });
export type StatusReport = z.infer<typeof StatusReport>;
