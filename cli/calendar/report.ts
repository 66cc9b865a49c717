import { z } from "zod";
import type { CalendarDate } from "../../release/calendar/dates.ts";
import { localText } from "../../release/calendar/local.ts";
import { Instant, Name } from "../../release/schema/common.ts";
import type { Style } from "../render/style.ts";
import { plain } from "../render/text.ts";
import { downtimeText } from "../window/announcements.ts";

/** What `calendar --json` prints (`schemas/dates.json`). */
export const CalendarReport = z
  .strictObject({
    from: Instant,
    to: Instant,
    dates: z.array(
      z.strictObject({
        kind: z.enum(["window", "event", "freeze"]),
        name: Name,
        description: z.string(),
        start: Instant,
        end: Instant,
        local: z.string().describe("Its start, as people in its time zone read it"),
        localEnd: z.string().describe("Its end, in the same way"),
        stacks: z.array(Name),
        state: z.string().optional().describe("How a window stands"),
        downtime: z.string().optional().describe("What a window says of downtime"),
        frozen: z
          .array(z.strictObject({ freeze: Name, stacks: z.array(Name) }))
          .optional()
          .describe("Freezes that a window falls into, and which of its stacks they hold for; absent for none"),
      }),
    ),
  })
  .meta({ title: "Imprimatur dates" });
export type CalendarReport = z.infer<typeof CalendarReport>;

/** Puts dates into plain data. */
export function calendarReport(dates: readonly CalendarDate[], from: Date, to: Date): CalendarReport {
  return {
    from: from.toISOString(),
    to: to.toISOString(),
    dates: dates.map(
      ({ kind, name, description, start, end, zone = "UTC", offsets, stacks, standing, frozen = [] }) => ({
        kind,
        name,
        description,
        start: start.toISOString(),
        end: end.toISOString(),
        local: localText(start, offsets?.[0] ?? zone),
        localEnd: localText(end, offsets?.[1] ?? zone),
        stacks: [...stacks],
        ...(standing === undefined ? {} : { state: standing.state, downtime: downtimeText(standing) }),
        ...(frozen.length === 0
          ? {}
          : { frozen: frozen.map(({ freeze, stacks: held }) => ({ freeze, stacks: [...held] })) }),
      }),
    ),
  };
}

/** A line for each date. */
export function calendarLines({ dates }: CalendarReport, style: Style): string[] {
  return dates.map(({ name, local, localEnd, stacks, state, kind, description, frozen = [] }) => {
    const about = stacks.length === 0 ? plain(description) : stacks.join(", ");
    const until = kind === "freeze" ? ` until ${localEnd}: ${plain(description)}` : "";
    const held = frozen.map(({ freeze, stacks: on }) => `frozen on ${on.join(", ")} (${freeze})`);
    const mark = held.length === 0 ? "" : `  ${style.warn(held.join(", "))}`;
    return `${local}  ${style.bold(name)}  ${state ?? kind}${mark}  ${style.dim(about)}${until}`;
  });
}
