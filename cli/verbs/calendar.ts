import { resolve } from "node:path";
import { z } from "zod";
import { datesIn } from "../../release/calendar/dates.ts";
import { refuseInput } from "../../release/errors.ts";
import { writeFileAtomically } from "../../store/write.ts";
import { type JudgingOptions, judgingInstant, readInstant, withJudgingOptions } from "../approve/options.ts";
import { icsOf } from "../calendar/ics.ts";
import { calendarLines, calendarReport } from "../calendar/report.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { printReport } from "../print.ts";
import { type ExitCode, examples, runsVerb, type Verb } from "../verb.ts";

interface CalendarOptions extends JudgingOptions, GlobalOptions {
  readonly ics?: string;
  readonly from?: string;
  readonly to?: string;
  readonly json?: boolean;
}

const DAY = 86_400_000;
/** What a calendar program is given, and what people read. */
const DAYS = { ics: 366, text: 14 };

export const calendar: Verb = (program) => {
  const command = program
    .command("calendar")
    .description("Windows, meetings and freezes in order, for people or for a calendar program")
    .option("--ics <file>", "write them as an iCalendar file (default: for a year)")
    .option("--from <date or instant>", "from here on (default: now)")
    .option("--to <date or instant>", "up to here (default: two weeks later)");
  withJudgingOptions(command)
    .option("--json", "print them as JSON (schemas/dates.json)")
    .addHelpText(
      "after",
      examples("calendar", "calendar --from 2026-08-01 --to 2026-09-01", "calendar --ics calendar.ics"),
    )
    .action(runsVerb<CalendarOptions>(run));
};

async function run(_: readonly string[], options: CalendarOptions): Promise<ExitCode> {
  const context = openContext(options);
  const now = judgingInstant(context, options.at);
  const from = options.from === undefined ? now : readDay("--from", options.from);
  const days = options.ics === undefined ? DAYS.text : DAYS.ics;
  const to = options.to === undefined ? new Date(from.getTime() + days * DAY) : readDay("--to", options.to);
  if (to <= from)
    refuseInput({ file: "--to", path: "", message: "must be later than --from", value: to.toISOString() });
  const dates = datesIn(context.catalogue, context.files, from, to, now);
  if (options.ics !== undefined) writeFileAtomically(resolve(options.ics), icsOf(dates, now));
  const report = calendarReport(dates, from, to);
  const wrote = options.ics === undefined ? [] : [`${options.ics}: ${dates.length} dates, until ${to.toISOString()}`];
  printReport(report, options, (_, style) => (options.ics === undefined ? calendarLines(report, style) : wrote));
  return 0;
}

/** A date stands for its first instant in UTC. */
function readDay(flag: string, text: string): Date {
  const isDate = z.iso.date().safeParse(text).success;
  return readInstant(flag, isDate ? `${text}T00:00:00Z` : text, "a date such as 2026-07-24, or an instant");
}
