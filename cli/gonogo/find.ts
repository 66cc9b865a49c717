import { nearestHint, refuseInput } from "../../release/errors.ts";
import type { Meeting } from "../../release/gonogo.ts";
import { Refusal } from "../approve/outcome.ts";
import type { Context } from "../context.ts";
import { meetingsOf, type Standings, standingsOf } from "./report.ts";

/** The go/no-gos of a stack that are not decided yet. */
export function undecided(context: Context, stack: string, at: Date): readonly Meeting[] {
  return meetingsOf(context, stack, at).meetings.filter(({ decision }) => decision === undefined);
}

/**
 * The go/no-go that is open in a stack, with its releases as they stand.
 * @param module one of those that it is about, where several are open
 * @throws Refusal where there is none; InputError where the module does not say which
 */
export function openIn(context: Context, stack: string, module: string | undefined, at: Date): Standings {
  const all = undecided(context, stack, at);
  if (all.length === 0) {
    throw new Refusal(`no go/no-go is open for ${stack}`, [`npx imprimatur gonogo open … --for ${stack}`]);
  }
  const found = all.filter((meeting) => isOf(meeting, module));
  const [only, another] = found;
  if (only === undefined || another !== undefined) {
    const message = only === undefined ? "is in no go/no-go that is open" : "say which is meant: several are open";
    const hint = nearestHint(module ?? "", all.flatMap(modulesOf));
    refuseInput({ file: "--of", path: "", message, ...(module === undefined ? {} : { value: module }), ...hint });
  }
  return standingsOf(context, only, at);
}

/** Whether a go/no-go is about a module; each is, where none is named. */
export function isOf(meeting: Meeting, module: string | undefined): boolean {
  return module === undefined || modulesOf(meeting).includes(module);
}

function modulesOf({ opening }: Meeting): string[] {
  return Object.keys(opening.predicate.releases);
}

/** The go/no-go that a record opened or closed. */
export function recordedBy(context: Context, stack: string, path: string, at: Date): Standings {
  const { meetings } = meetingsOf(context, stack, at);
  const found = meetings.find(({ opening, decision }) => opening.path === path || decision?.path === path);
  if (found === undefined) throw new Error(`${path} was signed and would not count`);
  return standingsOf(context, found, at);
}
