import { InputError } from "../../release/errors.ts";
import { expiries } from "../../release/expiries.ts";
import { Power } from "../../release/schema/people.ts";
import { whoMay } from "../approve/signing.ts";
import type { Context } from "../context.ts";
import { type Found, ok, problem, warning } from "./report.ts";

const PEOPLE = "catalog/trust/people.yaml";
const THIRTY_DAYS = 30 * 86_400_000;
/** Without somebody for each of these no release gets anywhere. */
const NEEDED = ["cut", "bless"] as const satisfies readonly Power[];

/** Whether the trust files can be read, and what they say is workable. The first finding is about the files as such. */
export function checkTrust(context: Context, now: Date): readonly Found[] {
  try {
    return judgeTrust(context, now);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.problems.map(({ file, path, message }) =>
      problem(`${file} ${path}: ${message}`, "mend the file; nothing can be judged until then"),
    );
  }
}

function judgeTrust({ catalogue, files }: Context, now: Date): readonly Found[] {
  // Each is read where it is asked for; the file of the chat may be absent.
  const { authority, modules, formality, channels, calendar, ring, chat: _ } = catalogue;
  const readable = [modules, formality, channels, calendar, ring].every((part) => part !== undefined);
  const found: Found[] = readable
    ? [ok(`${Object.keys(authority.people).length} people, ${authority.roles.length} roles`)]
    : [];
  if (catalogue.judgedAt !== undefined) {
    const message = `everything is judged as of ${catalogue.judgedAt.toISOString()}: votes never run out, and windows never open`;
    found.push(
      warning(message, "take judgedAt out of catalog/trust/stacks.yaml, unless this is the reference platform"),
    );
  }
  const keys = expiries({ catalogue, files, pinned: new Map(), now, within: THIRTY_DAYS }).filter(
    ({ kind }) => kind === "key",
  );
  for (const { what, expires, next } of keys) {
    const isOver = expires.getTime() <= now.getTime();
    const message = `${what} ${isOver ? "ran" : "runs"} out at ${expires.toISOString()}`;
    found.push(isOver ? problem(message, next) : warning(message, next));
  }
  const holders = new Map(
    Power.options.map((power) => [
      power,
      new Set([...modules.keys()].flatMap((module) => whoMay(authority, power, module, now))),
    ]),
  );
  const who = (power: Power) => holders.get(power) ?? new Set<string>();
  for (const power of NEEDED) {
    if (who(power).size === 0)
      found.push(problem(`nobody may ${power}`, `give a role in ${PEOPLE} \`may: [${power}]\``));
  }
  if (who("record").size === 0) {
    found.push(
      warning("nobody may record: no update gets into the ledger", `give CI's role \`may: [record]\` in ${PEOPLE}`),
    );
  }
  if (who("waive").size < 2) {
    const message = "fewer than two people may waive, and a waiver takes two";
    found.push(warning(message, `give a role in ${PEOPLE} \`may: [waive]\``));
  }
  const both = [...who("cut")].filter((person) => who("bless").has(person));
  if (both.length > 0) {
    const message = `${both.join(", ")} may both cut and bless: who makes a release should not be who lets it in`;
    found.push(warning(message, `keep the two powers in roles of different people in ${PEOPLE}`));
  }
  return found;
}
