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
        local: z.string(),
        stacks: z.array(Name),
        state: z.string().optional().describe("How a window stands"),
        downtime: z.string().optional().describe("What a window says of downtime"),
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
    dates: dates.map(({ kind, name, description, start, end, zone = "UTC", stacks, standing }) => ({
      kind,
      name,
      description,
      start: start.toISOString(),
      end: end.toISOString(),
      local: localText(start, zone),
      stacks: [...stacks],
      ...(standing === undefined ? {} : { state: standing.state, downtime: downtimeText(standing) }),
    })),
  };
}

/** A line for each date. */
export function calendarLines({ dates }: CalendarReport, style: Style): string[] {
  return dates.map(({ name, local, stacks, state, kind, description }) => {
    const about = stacks.length === 0 ? plain(description) : stacks.join(", ");
    return `${local}  ${style.bold(name)}  ${state ?? kind}  ${style.dim(about)}`;
  });
}
