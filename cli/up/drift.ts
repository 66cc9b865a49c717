import { z } from "zod";
import type { Operated } from "../../engine/update.ts";
import { InputError, refuseInput } from "../../release/errors.ts";
import { Name } from "../../release/schema/common.ts";
import { Population } from "../canary/populations.ts";
import { plain, resourceName } from "../render/text.ts";
import type { Target } from "./target.ts";

/** What `imprimatur drift --json` prints. */
export const DriftReport = z
  .strictObject({
    stack: Name,
    backend: z.string(),
    drifted: z.array(
      z.strictObject({
        urn: z.string(),
        op: z.string().describe("`update`: it differs from what was applied; `delete`: it is gone"),
        paths: z.array(z.string()).describe("Places that differ, where the provider says"),
      }),
    ),
    populations: z.array(Population).optional().describe("Those of canaries, where Unleash was to be asked"),
  })
  .meta({ title: "Imprimatur drift" });
export type DriftReport = z.infer<typeof DriftReport>;

/**
 * What differs between what was applied and what is there. Reads only.
 * @throws InputError where the stack was never applied, or cannot be read
 */
export async function findDrift({ checked, backend, state, operate }: Target): Promise<DriftReport> {
  const { name } = checked.platform.stack;
  if (!(await state.exists())) {
    const message = `${name} is not on ${backend}: it was never applied there`;
    refuseInput({ file: "<stack>", path: "", message, value: name });
  }
  const { deployment } = await state.read();
  // What the program only reads is nobody's to apply, so it cannot drift.
  const managed = new Set(deployment.resources.filter(({ external }) => external !== true).map(({ urn }) => urn));
  const { steps } = succeeded(await operate("previewRefresh"));
  const drifted = steps
    .filter(({ urn, op, state }) => state === "done" && ["update", "delete"].includes(op) && managed.has(urn))
    .map(({ urn, op, paths }) => ({ urn, op, paths: [...paths].sort() }));
  return { stack: name, backend, drifted: drifted.sort((a, b) => (a.urn < b.urn ? -1 : 1)) };
}

/** @throws InputError with the problems of an operation that failed */
export function succeeded(operated: Operated): Operated {
  if (!operated.succeeded) throw new InputError(operated.problems);
  return operated;
}

/** One line for each resource that drifted. */
export function driftLines({ drifted }: DriftReport): string[] {
  return drifted.map(({ urn, op, paths }) => {
    const what =
      op === "delete" ? "is gone" : `differs${paths.length === 0 ? "" : ` in ${paths.map(plain).join(", ")}`}`;
    return `  ${resourceName(urn)} ${what}`;
  });
}
