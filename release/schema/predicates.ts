import { z } from "zod";
import { predicateType } from "../signing/statement.ts";
import { Channel, Digest, Hash, Instant, Name } from "./common.ts";
import { ActionRecord, LineRecord, WindowStep } from "./dayRecords.ts";
import { FlagMaturity, FlagName } from "./flags.ts";
import { Decision, Opening } from "./gonogo.ts";
import { LedgerEntry } from "./ledger.ts";

/** Somebody made this release: they are its author. */
const Cut = z.strictObject({ module: Name, version: z.string(), channel: Channel, at: Instant });

/** An object that a chart renders to. */
const ChartObject = z.strictObject({
  kind: z.string().min(1),
  name: z.string(),
  /** The labels that it selects Pods by, if it does. */
  selector: z.record(z.string(), z.string()).optional(),
  /** How a Deployment replaces its Pods, with the default of Kubernetes where it says nothing; older inventories do not say it. */
  rollout: z
    .discriminatedUnion("type", [
      z.strictObject({ type: z.literal("Recreate") }),
      z.strictObject({ type: z.literal("RollingUpdate"), maxUnavailable: z.string() }),
    ])
    .optional(),
});
export type ChartObject = z.infer<typeof ChartObject>;

/** Which images a chart leads to, rendered with the values of a stack: an expectation, since a chart may ask the cluster. */
export const Inventory = z.strictObject({
  /** What the module was configured as. */
  configHash: Hash,
  /** SHA-256 of all values that it was rendered with, without what is operational. */
  valuesHash: Hash,
  chart: z.strictObject({
    name: z.string().min(1),
    version: z.string().min(1),
    /** Digest of the OCI manifest; absent where a copy was rendered that nothing ties to one. */
    digest: Digest.optional(),
  }),
  /** Version of Helm that rendered it. */
  helm: z.string().min(1),
  /** Version of Kubernetes that it was rendered for. */
  kubernetes: z.string().min(1),
  /** Every image of every object and hook, as the chart writes it, sorted. */
  images: z.array(z.string()),
  /** Name of the Helm release that it was rendered as; older inventories do not say it. */
  release: z.string().optional(),
  /** Every object and hook, in the order of rendering. */
  objects: z.array(ChartObject).optional(),
  /** What the chart may decide by once it is installed, and not before. */
  asks: z.array(z.enum(["lookup", "capabilities"])),
});
export type Inventory = z.infer<typeof Inventory>;

/** What a test, a scan or a person found. */
export const Evidence = z.strictObject({
  type: Name,
  /** The stack that it was made in, or `ci`. */
  in: Name,
  result: z.enum(["pass", "fail"]),
  /** Numbers that thresholds are held against, such as `failed`, `lines` or `critical`. */
  metrics: z.record(z.string(), z.number()).default({}),
  /** In a sentence, what was found. */
  summary: z.string().default(""),
  /** What the tool wrote: its format and the SHA-256 of the file. */
  source: z.strictObject({ format: z.string(), sha256: Hash }).optional(),
  /** Other releases that took part, by manifest digest: an integration test is one of a whole set. */
  together: z.array(Digest).default([]),
  /** What `imprimatur inspect` found: for the type image-inventory. */
  inventory: Inventory.optional(),
  at: Instant,
});
export type Evidence = z.infer<typeof Evidence>;

/** GO or NOGO of one person in one role, for one release, in one stack, as configured there. */
const Vote = z.strictObject({
  verdict: z.enum(["GO", "NOGO"]),
  role: Name,
  stack: Name,
  /** Per manifest digest: a vote for a train says so for each release. */
  configHash: z.record(Digest, Hash),
  reason: z.string().min(1),
  at: Instant,
  expires: Instant,
});

/** A release must run nowhere any more. */
const Revocation = z.strictObject({ reason: z.string().min(1), at: Instant });

/** A version must not be promoted again by mistake; what runs keeps running. */
const Block = z.strictObject({ stack: Name.optional(), reason: z.string().min(1), at: Instant });

/** An exception: it counts when two people have signed the same text. */
const Waiver = z.strictObject({
  /** The requirement that is waived, as `requires` names it. */
  rule: z.string().min(1),
  stack: Name,
  reason: z.string().min(1),
  /** In an emergency: who owes a review of it afterwards, and until when. */
  review: z.strictObject({ owner: Name, due: Instant }).optional(),
  at: Instant,
  expires: Instant,
});

/** The acceptor of a feature says that it has earned a maturity. */
const Acceptance = z.strictObject({
  module: Name,
  flag: FlagName,
  maturity: FlagMaturity.exclude(["alpha"]),
  /** The numbers that were measured. */
  metrics: z.record(z.string(), z.number()).default({}),
  reason: z.string().min(1),
  at: Instant,
});

/** A SLSA Verification Summary Attestation v1: the blessing. See https://slsa.dev/spec/v1.1/verification_summary */
export const Blessing = z.strictObject({
  verifier: z.strictObject({ id: z.string(), version: z.record(z.string(), z.string()).optional() }),
  timeVerified: Instant,
  /** `<module>@<version>?stack=<stack>&configHash=<hash>` */
  resourceUri: z.string(),
  policy: z.strictObject({ uri: z.string(), digest: z.strictObject({ sha256: Hash }) }),
  inputAttestations: z.array(z.strictObject({ uri: z.string(), digest: z.strictObject({ sha256: Hash }) })),
  verificationResult: z.enum(["PASSED", "FAILED"]),
  verifiedLevels: z.array(z.string()),
  slsaVersion: z.string().optional(),
});
export type Blessing = z.infer<typeof Blessing>;

/** Every kind of record that the catalogue holds, with the predicate type and the form of each. */
export const RECORDS = {
  cut: { type: predicateType("cut"), schema: Cut },
  evidence: { type: predicateType("evidence"), schema: Evidence },
  vote: { type: predicateType("vote"), schema: Vote },
  revocation: { type: predicateType("revocation"), schema: Revocation },
  block: { type: predicateType("block"), schema: Block },
  waiver: { type: predicateType("waiver"), schema: Waiver },
  window: { type: predicateType("window-step"), schema: WindowStep },
  line: { type: predicateType("line"), schema: LineRecord },
  action: { type: predicateType("action"), schema: ActionRecord },
  ledger: { type: predicateType("ledger-entry"), schema: LedgerEntry },
  acceptance: { type: predicateType("flag-acceptance"), schema: Acceptance },
  opening: { type: predicateType("go-no-go-opening"), schema: Opening },
  decision: { type: predicateType("go-no-go-decision"), schema: Decision },
  blessing: { type: "https://slsa.dev/verification_summary/v1", schema: Blessing },
} as const;
export type RecordKind = keyof typeof RECORDS;
