import { stripVTControlCharacters } from "node:util";
import type { Context } from "./context.ts";

/** Something that the people around a platform are told. */
interface Announcement {
  readonly kind: "notice" | "start" | "end" | "hold-off" | "reminder" | "tally" | "deployment" | "report";
  /** One or more lines, as people read them. */
  readonly text: string;
  /** The stack that it is about. */
  readonly stack?: string;
}

/** Tells people. */
export interface Announcer {
  say(announcement: Announcement): Promise<void>;
}

/** Opens what tells people: standard error, so that what a verb prints as its result stays as it is. */
export function openAnnouncer(_context: Context, _env: NodeJS.ProcessEnv = process.env): Announcer {
  return {
    say: async ({ kind, text }) => {
      const [first = "", ...more] = text.split("\n").map(printable);
      process.stderr.write(`${[`${kind}  ${first}`, ...more.map((line) => `  ${line}`)].join("\n")}\n`);
    },
  };
}

/** A line that cannot steer a terminal. */
function printable(line: string): string {
  return stripVTControlCharacters(line).replace(/[\p{Cc}\p{Bidi_Control}]+/gu, " ");
}
