import { z } from "zod";
import { refuseInput } from "../../release/errors.ts";
import { declaredDifferences, readPlan } from "../../release/mirror.ts";
import { type Plan, planFile } from "../../release/plan.ts";
import { isShared, judgeMissing, judgeParity, mirrorOf, noPlan } from "../../release/rules/environmentParity.ts";
import { Name } from "../../release/schema/common.ts";
import type { Difference } from "../../release/schema/parity.ts";
import type { Violation } from "../../release/verdict.ts";
import type { Context } from "../context.ts";
import type { Style } from "../render/style.ts";
import { count, plain, resourceName } from "../render/text.ts";
import { readStacks } from "../stacks.ts";
import { EnvironmentsReport, findDifferences } from "./differences.ts";
import { renderEnvironments } from "./render.ts";

const Gap = z.strictObject({
  /** URN of the resource; absent where only the other stack has it. */
  urn: z.string().optional(),
  message: z.string(),
  remedy: z.string().optional(),
});

/** Whether what is proven in one stack holds in another (`schemas/parity-report.json`). */
export const ParityReport = z
  .strictObject({
    /** Where it is proven. */
    mirror: Name,
    /** Where it is to hold. */
    stack: Name,
    /** Differences of what must be alike, and that nobody has declared. */
    undeclared: z.array(Gap),
    /** Those that `catalog/parity.yaml` gives a reason for. */
    declared: z.array(Gap),
    /** Settings that differ: pins and the like, which may. */
    settings: EnvironmentsReport.shape.rows,
  })
  .meta({ title: "Imprimatur parity report" });
export type ParityReport = z.infer<typeof ParityReport>;

/**
 * Compares two stacks by their committed plans, as the policy environment-parity does, and by their settings.
 * @throws InputError where a stack is unknown, or has no plan
 */
export function compareStacks(context: Context, mirror: string, stack: string): ParityReport {
  const { catalogue, files } = context;
  const [there, here] = [mirror, stack].map((name) => planOf(context, catalogue.stack(name).name)) as [Plan, Plan];
  const undeclared = gapsOf(here, there, declaredDifferences(files));
  const texts = new Set(undeclared.map(({ urn, message }) => `${urn}\n${message}`));
  const all = gapsOf(here, there, []);
  const platforms = readStacks(context, [mirror, stack], []).map(({ platform }) => platform);
  return {
    mirror,
    stack,
    undeclared,
    declared: all.filter(({ urn, message }) => !texts.has(`${urn}\n${message}`)).map(({ remedy: _, ...gap }) => gap),
    settings: findDifferences(platforms).rows,
  };
}

function gapsOf(here: Plan, there: Plan, differences: readonly Difference[]): Violation[] {
  const mirror = mirrorOf(there, differences);
  const shared = here.resources
    .filter(({ type }) => isShared(type))
    .map(({ urn, type, name, inputs }) => ({ urn, type, name, props: inputs }));
  const gaps = shared.flatMap((resource) =>
    judgeParity(resource, here.stack, mirror).map((violation) => ({ urn: resource.urn, ...violation })),
  );
  return [...gaps, ...judgeMissing(shared, here.stack, mirror)];
}

function planOf({ files }: Context, stack: string): Plan {
  const plan = readPlan(files, stack);
  if (plan !== undefined) return plan;
  const { message, remedy } = noPlan(stack);
  refuseInput({ file: planFile(stack), path: "", message: `${message}: ${remedy}` });
}

/** The report for a terminal. */
export function renderParity(report: ParityReport, style: Style, width: number): string {
  const { mirror, stack, undeclared, declared, settings } = report;
  const head = `${style.bold(stack)} as proven in ${style.bold(mirror)}`;
  const verdict =
    undeclared.length === 0
      ? `${style.good("✔")} nothing differs that must be alike`
      : `${style.bad("✘")} ${count(undeclared.length, "difference")} that nobody has declared`;
  const lines = [
    `${head}   ${verdict}`,
    ...undeclared.flatMap(({ urn, message, remedy }) => [
      `  ${style.bad("✘")} ${urn === undefined ? "" : `${resourceName(urn)}: `}${plain(message)}`,
      ...(remedy === undefined ? [] : [`      ${style.dim(plain(remedy))}`]),
    ]),
    ...(declared.length === 0
      ? []
      : [style.dim(`  ${count(declared.length, "difference")} declared in catalog/parity.yaml`)]),
    "",
  ];
  return `${lines.join("\n")}\n${renderEnvironments({ stacks: [mirror, stack], rows: settings }, style, width)}`;
}
