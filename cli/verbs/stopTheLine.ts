import { LINE, mayStop, standingStops } from "../../release/line.ts";
import { namedStatement } from "../../release/statements.ts";
import { openAnnouncer } from "../announce.ts";
import { readReason } from "../approve/options.ts";
import { type Done, Refusal, reportOutcome } from "../approve/outcome.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { signChecked, writeBundle } from "../signedRecord.ts";
import { openSign, type SigningOptions, withSigningOptions } from "../signers.ts";
import { examples, runsVerb, type Verb } from "../verb.ts";

interface StopOptions extends SigningOptions {
  readonly lift?: boolean;
  readonly reason: string;
  readonly json?: boolean;
}

export const stopTheLine: Verb = (program) => {
  const command = program
    .command("stop-the-line")
    .description("Halt all promotion at once; what runs keeps running, and can be rolled back")
    .option("--lift", "let promotion go on: lifts every stop that stands")
    .requiredOption("--reason <text>", "why; it is kept and shown");
  withSigningOptions(command)
    .option("--json", "print the outcome as JSON (schemas/outcome.json)")
    .addHelpText(
      "after",
      examples(
        'stop-the-line --reason "logins fail since noon, cause unknown"',
        'stop-the-line --lift --reason "it was a certificate, and is renewed"',
      ),
    )
    .action(runsVerb<StopOptions>((_, options) => reportOutcome("stop-the-line", options, () => run(options))));
};

async function run(options: StopOptions & GlobalOptions): Promise<Done> {
  const context = openContext(options);
  const { catalogue, files } = context;
  const reason = readReason(options.reason);
  const now = new Date();
  const standing = standingStops(catalogue, files, now);
  if (options.lift && standing.length === 0)
    return { headline: "the line is not stopped: nothing to lift", written: [] };
  const sign = await openSign(options);
  const lifts = options.lift ? standing.flatMap(({ digest }) => digest ?? []) : [];
  const state = options.lift ? ("lifted" as const) : ("stopped" as const);
  const statement = namedStatement("line", "the line", { state, lifts, reason, at: now.toISOString() });
  const bundle = await signChecked(context, sign, statement);
  if (!mayStop(catalogue, bundle.person, now)) {
    const others = Object.keys(catalogue.authority.people)
      .filter((person) => mayStop(catalogue, person, now))
      .sort();
    const none = "name roles under stopTheLine in catalog/trust/calendar.yaml";
    throw new Refusal(`${bundle.person} is in no role that may stop the line`, [
      others.length === 0 ? none : `ask ${others.join(" or ")}`,
    ]);
  }
  const written = [writeBundle(context, LINE, state, bundle)];
  const headline = `the line is ${state} by ${bundle.person}: ${reason}`;
  await openAnnouncer(context).say({ kind: "report", text: headline });
  const tampered = options.lift ? standing.filter(({ digest }) => digest === undefined) : [];
  const notes = [
    ...(options.lift ? [] : standing.map(({ text }) => `it is stopped already: ${text}`)),
    `it counts for others when it is merged: commit ${written[0]}`,
    ...tampered.map(({ text }) => `still stopped: ${text}`),
  ];
  return { headline, written, person: bundle.person, notes };
}
