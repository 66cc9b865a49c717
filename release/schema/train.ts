import { z } from "zod";
import { Name } from "./common.ts";
import { Pin } from "./stack.ts";

/** Name of a train, such as canfar-2026-q3. */
export const TrainName = z
  .string()
  .regex(/^[a-z][a-z0-9.-]{0,61}[a-z0-9]$/, "must be lower-case letters, digits, dots and dashes");

/** `catalog/trains/<train>.json`: releases that are voted on, released and taken back as one. It never changes. */
export const TrainFile = z
  .strictObject({
    $schema: z.string().optional(),
    train: TrainName,
    description: z.string().optional(),
    releases: z
      .record(Name, Pin)
      .refine((releases) => Object.keys(releases).length > 0, "must name at least one release")
      .describe("What it carries: by module, the version with its manifest digest"),
  })
  .meta({ title: "Imprimatur train" });
export type TrainFile = z.infer<typeof TrainFile>;
