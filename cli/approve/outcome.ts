import type { Command } from "commander";
import { z } from "zod";
import { prettyJson } from "../../release/json.ts";
import type { GlobalOptions } from "../context.ts";
import { DeliveredArtifact } from "../deliver/report.ts";
import { createStyle, wantsColour } from "../render/style.ts";
import { plain } from "../render/text.ts";
import { type ExitCode, examples, runsVerb } from "../verb.ts";
import { RequirementReport, requirementLines } from "./requirements.ts";

/** What a verb that signs or promotes has done, or why it has not (`schemas/outcome.json`). */
export const Outcome = z
  .strictObject({
    verb: z.string(),
    /** Files that were written or, with `--dry-run`, would be; below the root of the checkout. */
    written: z.array(z.string()),
    /** Whose key signed. */
    person: z.string().optional(),
    refused: z
      .strictObject({
        reason: z.string(),
        /** What is missing, by `<module> <version> for <stack>`. */
        missing: z.record(z.string(), z.array(RequirementReport)),
        /** What helps: commands, or who to ask. */
        next: z.array(z.string()),
      })
      .optional(),
    diff: z.string().optional(),
    /** What `deliver` has found or put into a registry. */
    delivered: z.array(DeliveredArtifact).optional(),
    /** What goes back to what ran before, wave by wave: a wave is started when all of the one before is ready. */
    waves: z
      .array(z.array(z.strictObject({ module: z.string(), from: z.string().nullable(), to: z.string() })))
      .optional(),
    notes: z.array(z.string()),
  })
  .meta({ title: "Imprimatur outcome" });
export type Outcome = z.infer<typeof Outcome>;

/** Why a verb did not do what was asked for, or nothing more: a rule is against it. */
export class Refusal extends Error {
  readonly missing: NonNullable<Outcome["refused"]>["missing"];
  readonly next: readonly string[];
  /** What was done and signed before, or to keep that it was refused. */
  readonly written: readonly string[];

  constructor(
    reason: string,
    next: readonly string[] = [],
    missing: Refusal["missing"] = {},
    written: readonly string[] = [],
  ) {
    super(reason);
    this.name = "Refusal";
    this.missing = missing;
    this.next = next;
    this.written = written;
  }
}

/** What a verb reports when it has done its work. */
export type Done = Omit<z.input<typeof Outcome>, "verb" | "notes" | "refused"> & {
  /** One line for people. */
  readonly headline: string;
  /** Further lines for people, below it. */
  readonly details?: readonly string[];
  readonly notes?: readonly string[];
};

/** Ends the declaration of a command whose outcome is reported: adds `--json` and examples, and runs it to its outcome. */
export function endsInOutcome<Options>(
  command: Command,
  work: (args: readonly string[], options: Options & GlobalOptions) => Promise<Done>,
  ...lines: readonly string[]
): Command {
  const group = command.parent?.parent ? [command.parent.name()] : [];
  const verb = [...group, command.name()].join(" ");
  return command
    .option("--json", "print the outcome as JSON (schemas/outcome.json)")
    .addHelpText("after", examples(...lines))
    .action(
      runsVerb<Options & { readonly json?: boolean }>((args, options) =>
        reportOutcome(verb, options, () => work(args, options)),
      ),
    );
}

/** Runs a verb to its outcome, prints that, and gives the exit code: 1 where a rule refused. */
export async function reportOutcome(
  verb: string,
  options: { readonly json?: boolean; readonly color: boolean },
  work: () => Promise<Done>,
): Promise<ExitCode> {
  try {
    const { headline, details = [], notes = [], ...rest } = await work();
    const outcome: Outcome = { verb, ...rest, notes: [...notes] };
    const diff = rest.diff === undefined ? [] : [rest.diff.trimEnd()];
    print(options, outcome, [
      ...diff,
      plain(headline),
      ...details.map(plain),
      ...notes.map((note) => noteLine(plain(note))),
    ]);
    return 0;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { message: reason, missing, next, written } = error;
    const outcome: Outcome = { verb, written: [...written], refused: { reason, missing, next: [...next] }, notes: [] };
    const style = createStyle(wantsColour(process.stdout, options.color));
    const lists = Object.entries(missing).flatMap(([title, items]) => [
      `  ${style.bold(plain(title))}`,
      ...requirementLines(items, style),
    ]);
    const lines = [
      `${style.bad("✘")} refused: ${plain(reason)}`,
      ...lists,
      ...next.map((text) => `  next  ${plain(text)}`),
    ];
    print(options, outcome, lines);
    return 1;
  }
}

/** What comes next is shown as such. */
export function noteLine(note: string): string {
  return note.startsWith("next: ") ? `  next  ${note.slice("next: ".length)}` : `  note  ${note}`;
}

function print({ json }: { readonly json?: boolean }, outcome: Outcome, lines: readonly string[]): void {
  process.stdout.write(json ? prettyJson(outcome) : `${lines.join("\n")}\n`);
}
