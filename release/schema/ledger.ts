import { z } from "zod";
import { Commit, Digest, Hash, Instant, Name } from "./common.ts";

/** What an entry tells of. Only `update`, `rollback` and `destroy` change which releases run. */
export const LedgerAction = z.enum(["update", "rollback", "destroy", "canary", "flag"]);
export type LedgerAction = z.infer<typeof LedgerAction>;

/** One module's step from a release to another; null stands for none. */
const Change = z.strictObject({
  module: Name,
  version: z.string(),
  from: Digest.nullable(),
  to: Digest.nullable(),
  blessing: Hash.nullable().describe("SHA-256 of the blessing's file"),
});
export type LedgerChange = z.infer<typeof Change>;

/** One step of a canary, and where it left it. */
export const CanaryStep = z.strictObject({
  module: Name,
  step: z.enum(["start", "widen", "promote", "revert", "supersede", "emergency", "settle"]),
  stable: z.string().describe("Version that everybody else gets"),
  canary: z.string().nullable().describe("Version that the canary population gets; null for none"),
  population: z.number().min(0).max(100).describe("In percent"),
  owed: z.boolean().default(false).describe("The population has still to go back to 0"),
});
export type CanaryStep = z.infer<typeof CanaryStep>;

/** A canary that an update has deployed, beside the stable release. */
const DeployedCanary = z.strictObject({
  module: Name,
  version: z.string(),
  to: Digest,
  weight: z.number().min(0).max(100).describe("Percent that its route sends it; 0 where Unleash says who gets it"),
});
export type DeployedCanary = z.infer<typeof DeployedCanary>;

/** One flag that was switched without a new release. */
const FlagSwitch = z.strictObject({ module: Name, flag: z.string(), from: z.json(), to: z.json() });

const Approver = z.strictObject({ person: Name, role: Name, vote: Hash.describe("SHA-256 of the vote's file") });

/** One entry of a stack's ledger: what was done, when, on which blessing. */
export const LedgerEntry = z.strictObject({
  stack: Name,
  seq: z.int().min(1),
  /** SHA-256 of the file of the entry before, or null for the first. */
  previous: Hash.nullable(),
  action: LedgerAction.default("update"),
  changes: z.array(Change),
  canary: CanaryStep.optional(),
  /** The canaries that the stack stands with after an update. */
  canaries: z.array(DeployedCanary).default([]),
  flags: z.array(FlagSwitch).default([]),
  outcome: z.enum(["succeeded", "failed", "rolled-back"]),
  /** SHA-256 of the plan that the stack stands on. */
  planDigest: Hash,
  reason: z.string().optional(),
  /** The window that it was done in, by its name in the calendar. */
  window: Name.optional(),
  /** Who signed for what changed. */
  approvers: z.array(Approver).default([]),
  /** SHA-256 of the files of the waivers that it rests on. */
  waivers: z.array(Hash).default([]),
  /**
   * SHA-256 of the entry that this one tells anew: that one was made in a place that another entry had taken already, and
   * counts no more.
   */
  replaces: Hash.optional(),
  /** The commit that was applied. */
  commit: Commit.optional(),
  at: Instant,
  durationSeconds: z.number().nonnegative(),
});
export type LedgerEntry = z.infer<typeof LedgerEntry>;
