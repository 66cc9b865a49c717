import type { Command } from "commander";
import { localText, utcText } from "../../release/calendar/local.ts";
import { standingOf, type WindowStanding } from "../../release/calendar/steps.ts";
import { nextAfter, openAt } from "../../release/calendar/windows.ts";
import { refuseInput } from "../../release/errors.ts";
import { openAnnouncer } from "../announce.ts";
import { type JudgingOptions, judgingInstant, withJudgingOptions } from "../approve/options.ts";
import { type Done, endsInOutcome, Refusal } from "../approve/outcome.ts";
import { judgedAtNote } from "../approve/signing.ts";
import { type Context, type GlobalOptions, openContext } from "../context.ts";
import { printReport } from "../print.ts";
import { openSign, type SigningOptions, withSigningOptions } from "../signers.ts";
import { type ExitCode, examples, runsVerb, type Verb } from "../verb.ts";
import { sayEnd, sayStart } from "../window/announcements.ts";
import { applyBy } from "../window/apply.ts";
import { findOccurrence, findWindow } from "../window/find.ts";
import { planLines } from "../window/plan.ts";
import { stackStates, windowDetails, windowLines, windowReport } from "../window/report.ts";
import { checkOpen, runWindow } from "../window/run.ts";
import { type StepFacts, signStep } from "../window/step.ts";

interface DateOptions extends GlobalOptions {
  /** Local date of the window. */
  readonly on?: string;
  readonly json?: boolean;
}

type ShowOptions = DateOptions & JudgingOptions;

interface StepOptions extends DateOptions, SigningOptions {
  readonly note?: string;
  readonly apply?: string;
  readonly dryRun?: boolean;
}

const ON = ["--on <date>", "the date that it starts on, in its own time zone (default: the nearest)"] as const;

export const window: Verb = (program) => {
  const group = program
    .command("window")
    .description("Maintenance windows: when they are, who must agree, and running one");
  const shows = (command: Command) =>
    withJudgingOptions(command).option("--json", "print it as JSON (schemas/windows.json)");
  shows(group.command("list").description("Every window: the date that is open, or else the next"))
    .addHelpText("after", examples("window list"))
    .action(runsVerb<ShowOptions>((_, options) => show(options, everyWindow)));
  shows(group.command("next").description("The window that opens next").argument("[window]", "of this window"))
    .addHelpText("after", examples("window next", "window next summit-window"))
    .action(runsVerb<ShowOptions>(([name], options) => show(options, (context, now) => nextOf(context, name, now))));
  shows(group.command("show").description("How one date of a window stands, step by step").argument("<window>"))
    .option(...ON)
    .addHelpText("after", examples("window show patch-thursday --on 2026-08-06"))
    .action(
      runsVerb<ShowOptions>(([name = ""], options) =>
        show(
          options,
          (context, now) => {
            const occurrence = findOccurrence(context, name, { on: options.on, now });
            return [standingOf(context.catalogue, context.files, occurrence, now)];
          },
          true,
        ),
      ),
    );

  const signs = (name: string, description: string, act: Act, begun: boolean, ...lines: readonly string[]) => {
    const command = withSigningOptions(group.command(name).description(description).argument("<window>", "the window"));
    const work = ([windowName = "", stack]: readonly string[], options: StepOptions) =>
      take(act, windowName, stack, begun, options);
    return endsInOutcome(command.option(...ON).option("--note <text>", "kept with the record"), work, ...lines);
  };
  signs(
    "confirm",
    "Say that a tentative date takes place, as whoever has to confirm it",
    confirm,
    false,
    'window confirm summit-window --note "no observations that day"',
  );
  signs(
    "acknowledge",
    "Acknowledge the downtime that a date declares",
    acknowledge,
    false,
    "window acknowledge storage-move --on 2026-09-12",
  );
  signs(
    "open",
    "Announce the beginning, and that problems are not to be reported yet",
    open,
    false,
    "window open patch-thursday",
  );
  signs(
    "done",
    "Sign that a stack that you operate yourself is done",
    handedOver,
    true,
    "window done patch-thursday usdf-rsp",
  ).argument("<stack>", "the stack that was handed over");
  signs(
    "close",
    "Announce the end; nothing is changed in this date any more",
    close,
    true,
    "window close patch-thursday",
  );
  signs(
    "run",
    "Give the notice that is due, or apply the stacks in order; run it again to go on",
    run,
    false,
    "window run patch-thursday --dry-run",
    "window run patch-thursday",
    "window run patch-thursday --apply 'argocd app sync'",
  )
    .option("--dry-run", "show what it would do, and do nothing")
    .option("--apply <command>", "what applies a stack, given its name (default: npx imprimatur up)");
};

/** What a subcommand does with one date of a window. */
type Act = (
  context: Context,
  standing: WindowStanding,
  options: StepOptions,
  stack: string | undefined,
) => Promise<Done>;

async function take(
  act: Act,
  name: string,
  stack: string | undefined,
  begun: boolean,
  options: StepOptions,
): Promise<Done> {
  const context = openContext(options);
  // What is signed is signed today, also where all else is judged as of an instant of its own.
  const now = new Date();
  const occurrence = findOccurrence(context, name, { on: options.on, begun, now });
  const done = await act(context, standingOf(context.catalogue, context.files, occurrence, now), options, stack);
  return { ...done, notes: [...(done.notes ?? []), ...judgedAtNote(context)] };
}

async function show(
  options: ShowOptions,
  find: (context: Context, now: Date) => readonly WindowStanding[],
  details = false,
): Promise<ExitCode> {
  const context = openContext(options);
  const now = judgingInstant(context, options.at);
  const windows = find(context, now).map(windowReport);
  printReport({ at: now.toISOString(), windows }, options, (_, style) => {
    const lines = details ? windows.flatMap((report) => windowDetails(report, style)) : windowLines(windows, style);
    return lines.length === 0 ? ["no window has a date to come"] : lines;
  });
  return 0;
}

function everyWindow(context: Context, now: Date, from = openAt): WindowStanding[] {
  return Object.entries(context.catalogue.calendar.windows)
    .flatMap(([name, declared]) => from(name, declared, now) ?? nextAfter(name, declared, now) ?? [])
    .sort((a, b) => a.start.getTime() - b.start.getTime())
    .map((occurrence) => standingOf(context.catalogue, context.files, occurrence, now));
}

function nextOf(context: Context, name: string | undefined, now: Date): WindowStanding[] {
  if (name !== undefined) findWindow(context, name);
  const next = everyWindow(context, now, () => undefined);
  return next.filter(({ occurrence }) => name === undefined || occurrence.window === name).slice(0, 1);
}

/** A date of a window as `--on` takes it, and as everybody else reads it. */
const dated = ({ occurrence: { window: name, start }, window: { zone } }: WindowStanding) =>
  `${name} of ${localText(start, zone)} (${utcText(start)})`;

/** Signs one step and says so. */
async function sign(context: Context, standing: WindowStanding, facts: StepFacts, options: StepOptions, what: string) {
  const note = options.note === undefined ? {} : { note: options.note };
  const { path, person } = await signStep(context, await openSign(options), standing, { ...facts, ...note });
  return { headline: `✔ ${dated(standing)} ${what} by ${person}`, written: [path], person };
}

const nothing = (headline: string): Done => ({ headline: `${headline}: nothing to sign`, written: [] });

const confirm: Act = async (context, standing, options) => {
  if (standing.window.confirmedBy === undefined) return nothing(`${dated(standing)} needs no confirmation`);
  if (standing.state !== "tentative") return nothing(`${dated(standing)} is confirmed already`);
  return sign(context, standing, { step: "confirm" }, options, "is confirmed");
};

const acknowledge: Act = async (context, standing, options) => {
  if (standing.window.downtime === undefined) return nothing(`${dated(standing)} has no fixed downtime`);
  if (standing.unacknowledged.length === 0)
    return nothing(`the downtime of ${dated(standing)} is acknowledged already`);
  return sign(context, standing, { step: "acknowledge" }, options, "has its downtime acknowledged");
};

const open: Act = async (context, standing, options) => {
  checkOpen(standing);
  if (standing.announced) return nothing(`${dated(standing)} is open already`);
  const done = await sign(context, standing, { step: "open" }, options, "is opened");
  await sayStart(openAnnouncer(context), standing);
  return done;
};

const handedOver: Act = async (context, standing, options, stack = "") => {
  const { operators } = standing.window;
  if (operators[stack] === undefined) {
    const others = Object.keys(operators);
    const message = `is no stack of ${standing.occurrence.window} that others operate (${others.join(", ") || "there is none"})`;
    refuseInput({ file: "<stack>", path: "", message, value: stack });
  }
  if (standing.state === "closed") throw new Refusal(`${dated(standing)} is closed already`);
  return sign(context, standing, { step: "handed-over", stack }, options, `has ${stack} done`);
};

const close: Act = async (context, standing, options) => {
  if (standing.state === "closed") return nothing(`${dated(standing)} is closed already`);
  if (!standing.announced) throw new Refusal(`${dated(standing)} was never opened`);
  const left = stackStates(standing).filter(({ state }) => state === "to do" || state === "failed");
  const done = await sign(context, standing, { step: "close" }, options, "is closed");
  await sayEnd(openAnnouncer(context), standing);
  return { ...done, notes: left.map(({ stack, state }) => `${stack}: ${state}`) };
};

const run: Act = async (context, standing, options) => {
  if (options.dryRun)
    return { headline: `${dated(standing)}: ${standing.state}`, written: [], notes: planLines(context, standing) };
  const tools = {
    sign: await openSign(options),
    announcer: openAnnouncer(context),
    apply: applyBy(options.apply, context.root, options),
  };
  const { finished, headline, written, next } = await runWindow(context, standing.occurrence, tools);
  if (!finished) throw new Refusal(headline, next === undefined ? [] : [next], {}, written);
  return { headline, written: [...written] };
};
