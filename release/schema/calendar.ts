import { z } from "zod";
import { isZone, recurrenceProblem } from "../calendar/recurrence.ts";
import { Instant, Name } from "./common.ts";

/** When something takes place, again and again or once, and for how long. */
const When = z.strictObject({
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
});

function checkRecurrence(when: z.infer<typeof When>, context: z.core.$RefinementCtx): void {
  const problem = recurrenceProblem(when);
  if (problem !== undefined) context.addIssue({ code: "custom", path: [problem.path], message: problem.message });
}

const PLACEHOLDERS = ["window", "start", "end", "coordinator"] as const;
/** What stands in braces in a text of the calendar, for what it names. */
export type Placeholder = (typeof PLACEHOLDERS)[number];

const Text = z
  .string()
  .min(1)
  .superRefine((text, context) => {
    const named = [...text.matchAll(/\{([^{}]*)\}/g)].flatMap(([, name]) => name ?? []);
    const unknown = named.find((name) => !PLACEHOLDERS.some((placeholder) => placeholder === name));
    if (unknown === undefined) return;
    const known = PLACEHOLDERS.map((name) => `{${name}}`).join(", ");
    context.addIssue({ code: "custom", message: `there is no {${unknown}} to fill in: there are ${known}` });
  });

/** What a window says to users, and when. */
const Announcements = z.strictObject({
  notices: z
    .array(z.strictObject({ hours: z.number().positive().describe("How long ahead"), text: Text }))
    .default([{ hours: 24, text: "{window} opens at {start}. Save your work before then; no downtime is planned." }])
    .describe("Said ahead of it, the earliest first"),
  start: Text.default("{window} has begun, until {end}. Questions go to {coordinator}."),
  holdOff: Text.default(
    "Please hold off reporting problems until {window} is over: what you see may be the work itself.",
  ),
  end: Text.default("{window} is over. Please report what does not work."),
});

/** The hours in which changes are made. It is no downtime: nothing is said to be away unless `downtime` says so. */
const Window = When.extend({
  description: z.string().min(1),
  stacks: z.array(Name).min(1).describe("In the order in which they are changed"),
  modules: z.array(Name).min(1).optional().describe("For these modules only; for all by default"),
  coordinator: Name.optional().describe("The person who announces start and end, and answers questions"),
  confirmedBy: Name.optional().describe(
    "Every date is tentative, and nothing may be changed in it, until somebody in this role confirms it",
  ),
  downtime: z
    .strictObject({
      minutes: z.int().min(1),
      reason: z.string().min(1),
      acknowledgedBy: z.array(Name).min(1).describe("Roles that have to acknowledge it for every date, each of them"),
    })
    .optional()
    .describe("No fixed downtime is the default. Where users cannot work for a time, that is declared here"),
  operators: z
    .record(
      Name,
      z.strictObject({
        role: Name.describe("Whose members sign that the hand-over is done"),
        checklist: z.array(z.string().min(1)).min(1).describe("What they do, in order"),
      }),
    )
    .default({})
    .describe("Environments that others operate: they are handed over, not applied from here"),
  gonogo: z
    .array(Name)
    .default([])
    .describe("Stacks that are changed in it only where a go/no-go for the date came to GO"),
  announce: Announcements.prefault({}),
}).superRefine((window, context) => {
  checkRecurrence(window, context);
  const refuse = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
  for (const stack of Object.keys(window.operators)) {
    if (!window.stacks.includes(stack)) refuse(["operators", stack], "is none of the window's stacks");
  }
  window.gonogo.forEach((stack, index) => {
    const own = window.stacks.includes(stack) && !(stack in window.operators);
    if (!own) refuse(["gonogo", String(index)], "is none of the stacks that are changed from here");
  });
  if ((window.downtime?.minutes ?? 0) > window.minutes) {
    refuse(["downtime", "minutes"], "must not be longer than the window");
  }
});
export type Window = z.infer<typeof Window>;

/** A meeting or the like: it changes nothing. */
const Event = When.extend({
  description: z.string().min(1),
  of: Name.optional().describe("The window that it prepares"),
}).superRefine(checkRecurrence);

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
    events: z.record(Name, Event).default({}),
    freezes: z.record(Name, Freeze).default({}),
    stopTheLine: z
      .array(Name)
      .default([])
      .describe("Roles, any member of which may halt all promotion at once, and let it go on"),
  })
  .superRefine(({ windows, events }, context) => {
    for (const [name, { of }] of Object.entries(events)) {
      if (of !== undefined && !(of in windows)) {
        context.addIssue({ code: "custom", path: ["events", name, "of"], message: "is no window" });
      }
    }
  })
  .meta({ title: "Imprimatur calendar" });
export type CalendarFile = z.infer<typeof CalendarFile>;
