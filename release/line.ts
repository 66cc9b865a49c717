import type { Catalogue } from "./catalogue.ts";
import type { Files } from "./files.ts";
import { ofKind, readRecords, type SignedRecord } from "./records.ts";

/** Where it is recorded who stopped the line, and who let it go on. */
export const LINE = "catalog/line";

/** A reason why nothing is promoted now. */
export interface Stop {
  /** Who stopped the line, when and why; or which file may say so and cannot be read. */
  readonly text: string;
  /** SHA-256 of the file of the stop; absent where the file cannot be read. */
  readonly digest?: string;
}

/**
 * The stops that nobody has lifted, the first one first. Each counts whenever it was signed, by whoever acted then in one of the roles that the
 * calendar names. A file that somebody has tampered with may have been a stop: it stops the line, too.
 */
export function standingStops(catalogue: Catalogue, files: Files, now: Date): Stop[] {
  const { records, unusable } = readRecords(files, LINE, catalogue.ring, { now });
  const counted = ofKind(records, "line").filter(({ person, predicate }) =>
    mayStop(catalogue, person, new Date(predicate.at)),
  );
  const lifts = counted.filter(({ predicate }) => predicate.state === "lifted");
  const standing = counted
    .filter((stop) => stop.predicate.state === "stopped" && !lifts.some((lift) => isLiftedBy(stop, lift)))
    .sort((a, b) => Date.parse(a.predicate.at) - Date.parse(b.predicate.at))
    .map(({ person, digest, predicate: { at, reason } }) => ({
      text: `stopped by ${person} at ${at}: ${reason}`,
      digest,
    }));
  const tampered = unusable
    .filter(({ lapsed }) => !lapsed)
    .map(({ path, message }) => ({ text: `${path} ${message}` }));
  return [...standing, ...tampered];
}

/** Whether a person may stop the line, and let it go on: in any of the roles that the calendar names, for whatever module. */
export function mayStop({ calendar, authority }: Catalogue, person: string, at: Date): boolean {
  return calendar.stopTheLine.some((role) => authority.holds(person, role, undefined, at));
}

function isLiftedBy(stop: SignedRecord<"line">, { predicate }: SignedRecord<"line">): boolean {
  return predicate.lifts.includes(stop.digest) && Date.parse(predicate.at) >= Date.parse(stop.predicate.at);
}
