import type { Catalogue } from "../catalogue.ts";
import type { Files } from "../files.ts";
import { type Meeting, readMeetings } from "../gonogo.ts";
import { utcText } from "./local.ts";
import type { Hindrance } from "./steps.ts";
import type { Occurrence } from "./windows.ts";

/** Releases that are to go into a stack in one date of a window. */
interface Going {
  readonly occurrence: Occurrence;
  readonly stack: string;
  readonly releases: readonly { readonly module: string; readonly version: string; readonly manifestDigest: string }[];
  readonly now: Date;
}

/**
 * Why releases may not go into a stack in one date of a window: the stack is changed there on a GO only, and the last
 * decision for that date on one of them is another, or there is none. Undefined where nothing is against it.
 */
export function gonogoHindrance(catalogue: Catalogue, files: Files, going: Going): Hindrance | undefined {
  const { occurrence, stack, releases, now } = going;
  if (!catalogue.calendar.windows[occurrence.window]?.gonogo.includes(stack)) return undefined;
  const { meetings } = readMeetings(files, stack, catalogue.ring, catalogue.authority, now);
  const without = releases.flatMap(({ module, version, manifestDigest }) => {
    const verdict = lastVerdict(meetings, occurrence, manifestDigest);
    return verdict === "GO" ? [] : [`${module} ${version} ${verdict === undefined ? "has none" : `is a ${verdict}`}`];
  });
  if (without.length === 0) return undefined;
  const { window, start } = occurrence;
  return {
    message: `${window} of ${utcText(start)} changes ${stack} on a GO only: ${without.join(", ")}`,
    remedy: meetings.some((meeting) => meeting.decision === undefined && isFor(meeting.opening.predicate, occurrence))
      ? `npx imprimatur gonogo close ${stack}`
      : `npx imprimatur gonogo open --window ${window} --for ${stack}`,
  };
}

/** What was decided last on a release for one date of a window. */
function lastVerdict(meetings: readonly Meeting[], occurrence: Occurrence, manifestDigest: string) {
  return meetings
    .flatMap(({ decision }) => decision ?? [])
    .filter(({ predicate, subjects }) => isFor(predicate, occurrence) && subjects.includes(manifestDigest))
    .sort((a, b) => Date.parse(a.predicate.at) - Date.parse(b.predicate.at))
    .at(-1)?.predicate.verdict;
}

function isFor(said: { readonly window?: string | undefined; readonly start?: string | undefined }, date: Occurrence) {
  return said.window === date.window && Date.parse(said.start ?? "") === date.start.getTime();
}
