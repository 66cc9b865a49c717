import { z } from "zod";
import { Name } from "../../release/schema/common.ts";
import type { Context } from "../context.ts";
import type { Style } from "../render/style.ts";
import { plain } from "../render/text.ts";
import { canaryReport } from "./report.ts";

/** What Unleash says of who gets the canary of one module. */
export const Population = z.strictObject({
  module: Name,
  actual: z.number().nullable().describe("In percent; null where Unleash was not asked, or nobody can tell"),
  drift: z.array(z.string()).describe("How it differs from what was signed for and recorded"),
  unknown: z.string().optional().describe("Why Unleash was not asked, or did not answer"),
});
export type Population = z.infer<typeof Population>;

/** Asks the Unleash of a stack for the population of each of its canaries. That it does not answer is an answer too. */
export async function askPopulations(context: Context, stack: string, at: Date): Promise<Population[]> {
  const { canaries } = await canaryReport(context, [stack], at);
  return canaries
    .filter(({ carrier }) => carrier === "unleash")
    .map(({ module, actual, drift, unknown }) => ({
      module,
      actual,
      drift,
      ...(unknown === undefined ? {} : { unknown }),
    }));
}

/** Whether somebody has moved a population by hand. */
export function hasMoved(populations: readonly Population[]): boolean {
  return populations.some(({ drift }) => drift.length > 0);
}

/** One line for each way in which a population differs, and for each that is not known. */
export function populationLines(populations: readonly Population[], style: Style): string[] {
  return populations.flatMap(({ module, drift, unknown }) => [
    ...drift.map((text) => `  ${style.bad("✘")} canary of ${plain(module)}: ${plain(text)}`),
    ...(unknown === undefined ? [] : [`  ${style.warn("○")} canary of ${plain(module)}: not known: ${plain(unknown)}`]),
  ]);
}
