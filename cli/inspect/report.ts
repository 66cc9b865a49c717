import { z } from "zod";
import { Inventory } from "../../release/schema/predicates.ts";

/** What `inspect --json` prints (`schemas/inspection.json`). */
export const Inspection = z
  .strictObject({
    module: z.string(),
    version: z.string(),
    stack: z.string(),
    inventory: Inventory,
    images: z.array(z.strictObject({ image: z.string(), where: z.array(z.string()), releases: z.array(z.string()) })),
    problems: z
      .array(z.string())
      .optional()
      .describe("Why it cannot be upgraded as its module asks: beside itself, or serving while a crash is seen"),
    result: z.enum(["pass", "fail"]),
    written: z.array(z.string()),
    person: z.string().optional(),
    notes: z.array(z.string()),
  })
  .meta({ title: "Imprimatur inspection" });
export type Inspection = z.infer<typeof Inspection>;

/** An inspection as people read it, in lines. */
export function inspectionLines({
  module,
  version,
  stack,
  inventory,
  images,
  problems = [],
  written,
  person,
  notes,
}: Inspection): string[] {
  const { helm, kubernetes, chart } = inventory;
  return [
    `${module} ${version} in ${stack}: chart ${chart.name} ${chart.version}, Helm ${helm}, Kubernetes ${kubernetes}`,
    ...images.flatMap(({ image, where, releases }) => [
      `  ${releases.length > 0 ? "✔" : "✘"} ${image}  ${releases.length > 0 ? releases.join(", ") : "of no release by its digest"}`,
      ...where.map((place) => `      ${place}`),
    ]),
    ...(images.length === 0 ? ["  no images"] : []),
    ...problems.map((problem) => `  ✘ ${problem}`),
    ...notes.map((note) => `  note  ${note}`),
    ...written.map((path) => `signed by ${person}: ${path}`),
  ];
}
