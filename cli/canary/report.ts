import { z } from "zod";
import { phaseOf } from "../../release/canary/machine.ts";
import { populationDrift, populationOf } from "../../release/canary/population.ts";
import { InputError } from "../../release/errors.ts";
import { Name } from "../../release/schema/common.ts";
import type { Context } from "../context.ts";
import type { Style } from "../render/style.ts";
import { plain } from "../render/text.ts";
import { readStacks } from "../stacks.ts";
import { openUnleash } from "../unleash.ts";
import { canaryOf, nextSteps, proofFor } from "./open.ts";

/** Where one canary stands. */
const CanaryStanding = z.strictObject({
  stack: Name,
  module: Name,
  carrier: z.enum(["unleash", "route"]),
  phase: z.enum(["steady", "started", "running", "owed"]),
  stable: z.string(),
  canary: z.string().nullable(),
  ladder: z.array(z.number()),
  /** In percent, as recorded. */
  population: z.number(),
  /** In percent, as Unleash has it; null where it was not asked, or cannot tell. */
  actual: z.number().nullable(),
  /** How Unleash differs from what was signed for and recorded. */
  drift: z.array(z.string()),
  /** What speaks for or against the canary; absent where nobody gets it. */
  proof: z.strictObject({ proven: z.boolean(), reason: z.string() }).optional(),
  /** Why Unleash was not asked. */
  unknown: z.string().optional(),
  next: z.array(z.string()),
});
type CanaryStanding = z.infer<typeof CanaryStanding>;

/** What `canary status` prints as JSON. */
export const CanaryReport = z
  .strictObject({ canaries: z.array(CanaryStanding) })
  .meta({ title: "Imprimatur canary status" });
export type CanaryReport = z.infer<typeof CanaryReport>;

/**
 * Where the canaries of some stacks stand, of all by default. A stack whose Unleash cannot be asked says so; that is no
 * failure, and nothing is known of drift there.
 * @param module that module's only
 */
export async function canaryReport(
  context: Context,
  stacks: readonly string[],
  at: Date,
  module?: string,
): Promise<CanaryReport> {
  const canaries: CanaryStanding[] = [];
  for (const { platform } of readStacks(context, stacks, [])) {
    for (const entry of platform.modules.values()) {
      if (entry.canaryPlan === undefined || (module !== undefined && entry.module.name !== module)) continue;
      canaries.push(await standingOf(context, platform, entry, entry.canaryPlan, at));
    }
  }
  return { canaries };
}

type Given = Parameters<typeof canaryOf>;

async function standingOf(
  context: Context,
  platform: Given[1],
  entry: Given[2],
  plan: Given[3],
  at: Date,
): Promise<CanaryStanding> {
  let unknown: string | undefined;
  let canary = await canaryOf(context, platform, entry, plan, at);
  const recorded = canary.state;
  if (plan.carrier === "unleash") {
    try {
      canary = await canaryOf(context, platform, entry, plan, at, openUnleash(platform));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      unknown = error.message;
    }
  }
  const { state, flag } = canary;
  const phase = phaseOf(state);
  const asked = flag !== undefined;
  return {
    stack: platform.stack.name,
    module: entry.module.name,
    carrier: plan.carrier,
    phase,
    stable: state.stable,
    canary: state.canary,
    ladder: [...plan.ladder],
    population: state.population,
    actual: asked ? (populationOf(flag ?? undefined) ?? null) : null,
    drift: asked ? populationDrift(plan, recorded, flag ?? undefined) : [],
    ...(phase === "running" && state.canary !== null ? { proof: proofFor(canary, state.canary) } : {}),
    ...(unknown === undefined ? {} : { unknown }),
    next: nextSteps(canary),
  };
}

/** The report for a terminal. */
export function renderCanaries({ canaries }: CanaryReport, style: Style): string {
  if (canaries.length === 0) return "no module of these stacks declares a canary\n";
  return canaries.map((canary) => `${standingLines(canary, style).join("\n")}\n`).join("\n");
}

function standingLines(standing: CanaryStanding, style: Style): string[] {
  const { stack, module, phase, stable, canary, ladder, population, actual, drift, proof, unknown, next } = standing;
  const rungs = ladder.map((rung) => (rung === population ? style.bold(`[${rung}]`) : String(rung))).join(" → ");
  const mark =
    drift.length > 0 ? style.bad("✘ drift") : phase === "owed" ? style.warn("≈ owed") : style.good(`✔ ${phase}`);
  return [
    `${style.bold(plain(module))} in ${plain(stack)}   ${mark}`,
    `  stable      ${plain(stable)}`,
    `  canary      ${plain(canary ?? "none")}`,
    `  population  ${population} % recorded${actual === null ? "" : `, ${actual} % in Unleash`}   ladder ${rungs}`,
    ...(proof === undefined
      ? []
      : [`  proof       ${proof.proven ? style.good("✔") : style.warn("○")} ${plain(proof.reason)}`]),
    ...drift.map((text) => `  ${style.bad("✘")} ${plain(text)}`),
    ...(unknown === undefined ? [] : [`  note  Unleash was not asked: ${plain(unknown)}`]),
    ...next.map((text) => `  next  ${plain(text)}`),
  ];
}
