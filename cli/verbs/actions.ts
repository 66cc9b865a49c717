import { ACTIONS, mayFinish, readActions } from "../../release/actions.ts";
import { nearestHint, refuseInput } from "../../release/errors.ts";
import { namedStatement } from "../../release/statements.ts";
import { actionLines, actionsReport } from "../actions/report.ts";
import { type JudgingOptions, judgingInstant, readExpiry, readReason, withJudgingOptions } from "../approve/options.ts";
import { type Done, endsInOutcome, Refusal } from "../approve/outcome.ts";
import { checkPerson } from "../approve/people.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { printReport } from "../print.ts";
import { signChecked, writeBundle } from "../signedRecord.ts";
import { openSign, type SigningOptions, withSigningOptions } from "../signers.ts";
import { type ExitCode, examples, runsVerb, type Verb } from "../verb.ts";

interface ListOptions extends JudgingOptions, GlobalOptions {
  readonly all?: boolean;
  readonly json?: boolean;
}

interface AddOptions extends SigningOptions, GlobalOptions {
  readonly owner: string;
  readonly due?: string;
}

interface DoneOptions extends SigningOptions, GlobalOptions {
  readonly note: string;
}

export const actions: Verb = (program) => {
  const group = program
    .command("actions")
    .description("What somebody owes: reviews of emergencies, and manual steps that are to be automated");
  withJudgingOptions(
    group.command("list").description("What is owed, by whom and until when; exits 1 if something is overdue"),
  )
    .option("--all", "also what is done")
    .option("--json", "print it as JSON (schemas/actions.json)")
    .addHelpText("after", examples("actions list", "actions list --all --json"))
    .action(runsVerb<ListOptions>(list));
  const adds = withSigningOptions(
    group
      .command("add")
      .description("Note something that somebody owes, such as a step that was made by hand")
      .argument("<what>", "what is owed")
      .requiredOption("--owner <person>", "who owes it; an id under people in catalog/trust/people.yaml")
      .option("--due <instant or Nd>", "until when"),
  );
  endsInOutcome(adds, add, 'actions add "automate the restart of the proxy" --owner maya-sre --due 14d');
  const finishes = withSigningOptions(
    group
      .command("done")
      .description("Say that something is done, as its owner or as one who may waive")
      .argument("<id>", "as `actions list` gives it")
      .requiredOption("--note <text>", "what came of it"),
  );
  endsInOutcome(finishes, finish, 'actions done 0123456789ab --note "the fix has a test now"');
};

async function list(_: readonly string[], options: ListOptions): Promise<ExitCode> {
  const context = openContext(options);
  const now = judgingInstant(context, options.at);
  const found = readActions(context.catalogue, context.files, now).filter(({ done }) => options.all || !done);
  const report = actionsReport(found, now);
  printReport(report, options, (_, style) =>
    report.actions.length === 0 ? ["nothing is owed"] : actionLines(report, style),
  );
  return report.actions.some(({ overdue }) => overdue) ? 1 : 0;
}

async function add([given = ""]: readonly string[], options: AddOptions): Promise<Done> {
  const context = openContext(options);
  const what = given.trim();
  if (what === "") refuseInput({ file: "<what>", path: "", message: "must say what is owed" });
  checkPerson(context, "--owner", options.owner);
  const now = new Date();
  const due = options.due === undefined ? {} : { due: readExpiry("--due", options.due, now).toISOString() };
  const predicate = { step: "open" as const, what, owner: options.owner, ...due, at: now.toISOString() };
  const sign = await openSign(options);
  const bundle = await signChecked(context, sign, namedStatement("action", what, predicate));
  const written = [writeBundle(context, ACTIONS, "action", bundle)];
  const id = bundle.digest.slice(0, 12);
  return {
    headline: `${id}: ${options.owner} owes ${what}`,
    written,
    person: bundle.person,
    notes: [`when it is done: npx imprimatur actions done ${id} --note "…"`],
  };
}

async function finish([id = ""]: readonly string[], options: DoneOptions): Promise<Done> {
  const context = openContext(options);
  const { catalogue, files } = context;
  const note = readReason(options.note);
  const now = new Date();
  const all = readActions(catalogue, files, now);
  const action = all.find((each) => each.id === id);
  if (action === undefined) {
    const hint = nearestHint(
      id,
      all.map((each) => each.id),
    );
    refuseInput({ file: "<id>", path: "", message: "is nothing that somebody owes", value: id, ...hint });
  }
  if (action.done !== undefined) return { headline: `${id} is done already, by ${action.done.person}`, written: [] };
  const sign = await openSign(options);
  const predicate = { step: "done" as const, id, note, at: now.toISOString() };
  const bundle = await signChecked(context, sign, namedStatement("action", id, predicate));
  if (!mayFinish(catalogue, action, bundle.person, now)) {
    throw new Refusal(`${id} is owed by ${action.owner}, not by ${bundle.person}`, [`ask ${action.owner}`]);
  }
  const written = [writeBundle(context, ACTIONS, "done", bundle)];
  return { headline: `✔ ${id} is done: ${action.what}`, written, person: bundle.person };
}
