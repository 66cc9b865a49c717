import { z } from "zod";
import { Digest, Instant, Name } from "../../release/schema/common.ts";

const Release = z.strictObject({ version: z.string(), manifestDigest: Digest });

const OnCall = z.strictObject({ person: Name, name: z.string(), role: Name });

const Said = z.strictObject({ person: Name, text: z.string() });

/** One module of a plan. */
const ModulePlan = z.strictObject({
  module: Name,
  release: Release.describe("What may turn out bad"),
  runs: z.string().optional().describe("Version that runs there now, by the ledger"),
  knownGood: Release.extend({ entry: z.int(), since: Instant }).optional().describe("What to go back to"),
  passedOver: z.array(z.strictObject({ version: z.string(), why: z.string() })),
  needs: z.array(Name),
  command: z.string().describe("What takes it back"),
  onCall: z.array(OnCall),
  said: z.array(Said).describe("What signed evidence says of who is on call"),
  provisions: z.array(Said),
});
export type ModulePlan = z.infer<typeof ModulePlan>;

/** A disaster-recovery plan (`schemas/drplan.json`). */
export const DrPlan = z
  .strictObject({
    stack: Name,
    at: Instant,
    modules: z.array(ModulePlan).describe("In the order to take them back: what needs others comes before those"),
    whole: z.string().optional().describe("Command that takes the whole environment back"),
    channel: z.string().optional().describe("Where people talk"),
    gaps: z.array(z.string()).describe("What the plan lacks; nobody should rely on it before they are mended"),
  })
  .meta({ title: "Imprimatur disaster-recovery plan" });
export type DrPlan = z.infer<typeof DrPlan>;
