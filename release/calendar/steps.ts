import type { Authority } from "../authority.ts";
import type { Catalogue } from "../catalogue.ts";
import type { Files } from "../files.ts";
import { ofKind, readRecords, type SignedRecord } from "../records.ts";
import type { Window } from "../schema/calendar.ts";
import type { WindowStep } from "../schema/dayRecords.ts";
import { utcText } from "./local.ts";
import type { Occurrence } from "./windows.ts";

/** Where it is recorded what was done in each window. */
export const WINDOW_RECORDS = "catalog/calendar";

/** A step of a window, as somebody signed it who may. */
type Step = SignedRecord<"window">;

/** Why something may not be changed, and what lifts that. */
export interface Hindrance {
  readonly message: string;
  readonly remedy: string;
}

/** How one date of a window stands. */
export interface WindowStanding {
  readonly occurrence: Occurrence;
  readonly window: Window;
  readonly state: "tentative" | "unacknowledged" | "planned" | "open" | "over" | "closed";
  /** Why nothing may be changed in it, whatever the time; absent where it may. */
  readonly hindrance?: Hindrance;
  /** Roles that have still to acknowledge the downtime. */
  readonly unacknowledged: readonly string[];
  /** Whether its beginning has been announced. */
  readonly announced: boolean;
  /** What counts, the oldest first. */
  readonly steps: readonly Step[];
}

/** What a step of a date of a window is signed over. */
export function occurrenceName({ window, start }: Occurrence): string {
  return `${window} ${start.toISOString()}`;
}

/** The folder of the records of one date of a window; the date is that of its start, in UTC. */
export function stepFolder({ window, start }: Pick<Occurrence, "window" | "start">): string {
  return `${WINDOW_RECORDS}/${window}/${start.toISOString().slice(0, 16).replace(":", "")}Z`;
}

/** Who may open, run and close a window: its coordinator, and whoever may record what was applied. */
function mayRun(authority: Authority, { coordinator }: Window, person: string, at: Date): boolean {
  return person === coordinator || authority.may(person, "record", "", at);
}

/** The roles whose members sign a kind of step; undefined for what whoever runs the window signs. */
export function rolesFor(window: Window, { step, stack }: Pick<WindowStep, "step" | "stack">): string[] | undefined {
  if (step === "confirm") return window.confirmedBy === undefined ? [] : [window.confirmedBy];
  if (step === "acknowledge") return window.downtime?.acknowledgedBy ?? [];
  if (step !== "handed-over") return undefined;
  const operator = window.operators[stack ?? ""];
  return operator === undefined ? [] : [operator.role];
}

/** Whether a step counts: it is signed by somebody who could say so then. */
export function counts(authority: Authority, window: Window, person: string, step: WindowStep): boolean {
  const at = new Date(step.at);
  const roles = rolesFor(window, step);
  if (roles === undefined) return mayRun(authority, window, person, at);
  return roles.some((role) => authority.holds(person, role, undefined, at));
}

/** How one date of a window stands at an instant, by the signed records of it. */
export function standingOf(catalogue: Catalogue, files: Files, occurrence: Occurrence, now: Date): WindowStanding {
  const window = catalogue.calendar.windows[occurrence.window];
  if (window === undefined) throw new Error(`there is no window ${occurrence.window}`);
  const { records } = readRecords(files, stepFolder(occurrence), catalogue.ring, { now });
  const steps = ofKind(records, "window")
    .filter(
      ({ predicate, person }) =>
        predicate.window === occurrence.window &&
        Date.parse(predicate.start) === occurrence.start.getTime() &&
        Date.parse(predicate.at) <= now.getTime() &&
        counts(catalogue.authority, window, person, predicate),
    )
    .sort((a, b) => Date.parse(a.predicate.at) - Date.parse(b.predicate.at));
  const has = (step: WindowStep["step"]) => steps.some(({ predicate }) => predicate.step === step);
  const acknowledgements = steps.filter(({ predicate }) => predicate.step === "acknowledge");
  const unacknowledged = (window.downtime?.acknowledgedBy ?? []).filter(
    (role) =>
      !acknowledgements.some(({ person, predicate }) =>
        catalogue.authority.holds(person, role, undefined, new Date(predicate.at)),
      ),
  );
  const common = { occurrence, window, unacknowledged, announced: has("open"), steps };
  const day = utcText(occurrence.start);
  if (has("close")) {
    const hindrance = { message: `${occurrence.window} of ${day} is closed already`, remedy: "wait for the next" };
    return { ...common, state: "closed", hindrance };
  }
  if (window.confirmedBy !== undefined && !has("confirm")) {
    const hindrance = {
      message: `${occurrence.window} of ${day} is tentative until ${window.confirmedBy} confirms it`,
      remedy: `npx imprimatur window confirm ${occurrence.window}`,
    };
    return { ...common, state: "tentative", hindrance };
  }
  if (unacknowledged.length > 0) {
    const hindrance = {
      message: `the downtime of ${occurrence.window} of ${day} lacks the acknowledgement of ${unacknowledged.join(", ")}`,
      remedy: `npx imprimatur window acknowledge ${occurrence.window}`,
    };
    return { ...common, state: "unacknowledged", hindrance };
  }
  const state = now < occurrence.start ? "planned" : now < occurrence.end ? "open" : "over";
  return { ...common, state };
}
