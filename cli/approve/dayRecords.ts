import { ACTIONS } from "../../release/actions.ts";
import { counts, stepFolder, WINDOW_RECORDS } from "../../release/calendar/steps.ts";
import { LINE, mayStop } from "../../release/line.ts";
import { type AnyRecord, readRecords } from "../../release/records.ts";
import type { RecordKind } from "../../release/schema/predicates.ts";
import type { Context } from "../context.ts";
import type { Finding } from "./verification.ts";

/** What is sound among the records of release days (windows, the line, actions), and what is not. */
export function checkDayRecords(
  context: Context,
  at: Date,
): { readonly records: number; readonly problems: readonly Finding[]; readonly notes: readonly Finding[] } {
  const { catalogue, files } = context;
  const problems: Finding[] = [];
  const notes: Finding[] = [];
  let count = 0;
  for (const [folder, kind] of foldersOf(context)) {
    const { records, unusable } = readRecords(files, folder, catalogue.ring, { now: at });
    count += records.length;
    for (const { path, message, lapsed } of unusable) (lapsed ? notes : problems).push({ file: path, message });
    for (const record of records) {
      if (record.kind !== kind) {
        problems.push({ file: record.path, message: `is a ${record.kind}, and does not count here` });
        continue;
      }
      const why = whyNot(context, record, folder);
      if (why !== undefined) notes.push({ file: record.path, message: `does not count: ${why}` });
    }
  }
  return { records: count, problems, notes };
}

/** The folders of such records, and which kind each holds. */
function foldersOf({ files }: Context): [folder: string, kind: RecordKind][] {
  const windows = files
    .list(WINDOW_RECORDS)
    .flatMap((window) =>
      files.list(`${WINDOW_RECORDS}/${window}`).map((date) => `${WINDOW_RECORDS}/${window}/${date}`),
    );
  return [[LINE, "line"], [ACTIONS, "action"], ...windows.map((folder): [string, RecordKind] => [folder, "window"])];
}

/** Why a record that is rightly signed does not count; undefined where it does. */
function whyNot({ catalogue }: Context, record: AnyRecord, folder: string): string | undefined {
  const { person } = record;
  if (record.kind === "line") {
    const may = mayStop(catalogue, person, new Date(record.predicate.at));
    return may ? undefined : `${person} is in no role that may stop the line`;
  }
  if (record.kind !== "window") return undefined;
  const { window: name, start, step } = record.predicate;
  const window = catalogue.calendar.windows[name];
  if (window === undefined) return `there is no window ${name}`;
  if (stepFolder({ window: name, start: new Date(start) }) !== folder) return `it belongs to ${name} of ${start}`;
  return counts(catalogue.authority, window, person, record.predicate) ? undefined : `${person} may not sign ${step}`;
}
