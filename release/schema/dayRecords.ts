import { z } from "zod";
import { Hash, Instant, Name } from "./common.ts";

/** What is recorded of one date of a window, step by step. */
export const WindowStep = z.strictObject({
  window: Name,
  /** When this date of the window starts. */
  start: Instant,
  step: z.enum(["confirm", "acknowledge", "notice", "open", "applied", "failed", "handed-over", "close"]),
  /** The stack that was applied, failed or was handed over. */
  stack: Name.optional(),
  /** How many hours ahead the notice is meant to be given. */
  hours: z.number().positive().optional(),
  note: z.string().default(""),
  at: Instant,
});
export type WindowStep = z.infer<typeof WindowStep>;

/** Somebody halts all promotion, or lets it go on. */
export const LineRecord = z.strictObject({
  state: z.enum(["stopped", "lifted"]),
  /** SHA-256 of the files of the stops that are lifted. */
  lifts: z.array(Hash).default([]),
  reason: z.string().min(1),
  at: Instant,
});

/** Something that somebody owes: a manual step to be automated, a review. Or that it is done. */
export const ActionRecord = z.discriminatedUnion("step", [
  z.strictObject({
    step: z.literal("open"),
    what: z.string().min(1),
    owner: Name,
    due: Instant.optional(),
    at: Instant,
  }),
  z.strictObject({
    step: z.literal("done"),
    /** What is done, by its id. */
    id: z.string().regex(/^[0-9a-f]{12}$/, "must be 12 lower-case hex digits"),
    note: z.string().min(1),
    at: Instant,
  }),
]);
