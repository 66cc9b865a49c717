import { z } from "zod";
import { isZone, recurrenceProblem } from "../calendar/recurrence.ts";
import { Instant, Name } from "./common.ts";

/** The hours in which changes are made. It is no downtime: nothing is said to be away. */
const Window = z
  .strictObject({
    description: z.string().min(1),
    stacks: z.array(Name).min(1),
    modules: z.array(Name).min(1).optional().describe("For these modules only; for all by default"),
    zone: z.string().refine(isZone, "must be the name of a time zone, such as America/Santiago"),
    starts: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/, "must be a date and a time of day, such as 2026-01-07T13:00")
      .describe("When the first one starts, in local time"),
    repeats: z
      .string()
      .optional()
      .describe("Recurrence rule of RFC 5545, such as FREQ=MONTHLY;BYDAY=1WE; it happens once where none is given"),
    except: z.array(z.iso.date()).default([]).describe("Local dates on which it does not take place"),
    minutes: z
      .int()
      .min(1)
      .max(7 * 24 * 60)
      .describe("How long it is open"),
  })
  .superRefine((window, context) => {
    const problem = recurrenceProblem(window);
    if (problem !== undefined) context.addIssue({ code: "custom", path: [problem.path], message: problem.message });
  });
export type Window = z.infer<typeof Window>;

/** A time in which what runs stays: images and charts do not change. Replicas, certificates and flags may. */
const Freeze = z
  .strictObject({
    from: Instant,
    until: Instant,
    stacks: z.array(Name).min(1),
    reason: z.string().min(1),
  })
  .refine(({ from, until }) => Date.parse(from) < Date.parse(until), {
    path: ["until"],
    message: "must be after from",
  });
export type Freeze = z.infer<typeof Freeze>;

/** `catalog/trust/calendar.yaml`: when changes are made, and when they are not. */
export const CalendarFile = z
  .strictObject({
    windows: z.record(Name, Window).default({}),
    freezes: z.record(Name, Freeze).default({}),
  })
  .meta({ title: "Imprimatur calendar" });
export type CalendarFile = z.infer<typeof CalendarFile>;
