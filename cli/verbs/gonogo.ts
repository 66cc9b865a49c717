import { openAnnouncer } from "../announce.ts";
import { type JudgingOptions, judgingInstant, withJudgingOptions } from "../approve/options.ts";
import { type Done, endsInOutcome, Refusal } from "../approve/outcome.ts";
import { inTheWay } from "../approve/requirements.ts";
import { judgedAtNote } from "../approve/signing.ts";
import {
  type NamedRelease,
  type ReleaseOptions,
  readReleases,
  releaseArguments,
  subjectOf,
  withReleases,
} from "../candidate.ts";
import { type Context, type GlobalOptions, openContext } from "../context.ts";
import { carriedBy } from "../gonogo/carried.ts";
import { writeDecision, writeOpening } from "../gonogo/convene.ts";
import { isOf, openIn, recordedBy, undecided } from "../gonogo/find.ts";
import { releasesText, reminderText, renderGonogo, tallyText } from "../gonogo/render.ts";
import { isAbout, meetingsOf, standingsOf } from "../gonogo/report.ts";
import { readSchedule, type Schedule, type ScheduleOptions } from "../gonogo/schedule.ts";
import { printReport } from "../print.ts";
import { openSign, type SigningOptions, withSigningOptions } from "../signers.ts";
import { type ExitCode, examples, runsVerb, type Verb } from "../verb.ts";

interface OpenOptions extends ReleaseOptions, ScheduleOptions, SigningOptions, GlobalOptions {}

interface StackOptions extends SigningOptions, JudgingOptions, GlobalOptions {
  readonly announce?: boolean;
  readonly of?: string;
  readonly json?: boolean;
}

export const gonogo: Verb = (program) => {
  const group = program
    .command("gonogo")
    .description("Gather the votes on what is to be released, and sign what they come to");
  const opens = group
    .command("open")
    .description("Ask for the votes on releases for a stack, and tell the channel")
    .option("--for <stack>", "the stack that they are to run in (default: the window's, where it has but one)")
    .option("--window <window>", "the window that carries them; all that it carries, where no release is named")
    .option("--decides <instant>", "when it is decided (default: when the window opens)");
  endsInOutcome<OpenOptions>(
    withSigningOptions(withReleases(opens)),
    open,
    "gonogo open --window maya-release",
    "gonogo open maya-io@2.4.1+c07aa51 maya-ui@2.4.0+0e6b1f8 --for prod --window maya-release",
    "gonogo open --train canfar-2026-q3 --for prod --decides 2d",
  );
  const ofOne = (name: string, description: string) =>
    group
      .command(name)
      .description(description)
      .argument("<stack>", "the stack")
      .option("--of <module>", "a module that it is about, where several are open");
  const shows = ofOne(
    "show",
    "Show how what is open stands, or else the last decision: counts, vetoes, reasons, who is missing; exits 1 unless it is a GO",
  );
  withJudgingOptions(shows.option("--announce", "tell the channel the tally too"))
    .option("--json", "print it as JSON (schemas/gonogo.json)")
    .addHelpText("after", examples("gonogo show prod", "gonogo show prod --of maya-io --announce"))
    .action(runsVerb<StackOptions>(show));
  const reminds = ofOne("remind", "Remind those in the channel whose votes are missing");
  endsInOutcome<StackOptions>(withJudgingOptions(reminds), remind, "gonogo remind prod");
  const closes = ofOne("close", "Sign what it comes to now, and tell the channel; exits 1 unless it is a GO");
  endsInOutcome<StackOptions>(withSigningOptions(closes), close, "gonogo close prod --key .keys/maya-sre.pem");
};

async function open(args: readonly string[], options: OpenOptions): Promise<Done> {
  const context = openContext(options);
  const announcer = openAnnouncer(context);
  const now = new Date();
  const schedule = readSchedule(context, options, now);
  const { stack, decides, occurrence } = schedule;
  const named = releasesFor(context, args, options, schedule, now);
  if (named.length === 0) {
    const headline = `${occurrence?.window} carries nothing into ${stack}: there is nothing to decide`;
    const note =
      "left out is what no vote can help: what is revoked or blocked, or of a channel that is not admitted there";
    return { headline, written: [], notes: [note] };
  }
  const subjects = named.map(subjectOf);
  const digests = subjects.map(({ manifestDigest }) => manifestDigest);
  const running = undecided(context, stack, now).find((meeting) => isAbout(meeting, digests));
  if (running !== undefined) {
    const [module] = Object.keys(running.opening.predicate.releases);
    const next = `npx imprimatur gonogo close ${stack} --of ${module}`;
    throw new Refusal(`one of them is in a go/no-go for ${stack} already: ${running.opening.path}`, [next]);
  }
  const sign = await openSign(options);
  const releases = Object.fromEntries(subjects.map(({ module, version }) => [module, version]));
  const opening = await writeOpening(context, sign, subjects, {
    stack,
    releases,
    ...(occurrence === undefined ? {} : { window: occurrence.window, start: occurrence.start.toISOString() }),
    decides: decides.toISOString(),
    at: now.toISOString(),
  });
  const { report } = recordedBy(openContext(options), stack, opening.path, new Date());
  await announcer.say({ kind: "notice", stack, text: `opened by ${opening.person}: ${tallyText(report)}` });
  return {
    headline: `go/no-go for ${stack} on ${releasesText(report)}: open, to be decided at ${report.decides}`,
    written: [opening.path],
    person: opening.person,
    notes: [
      ...report.awaited.map(
        ({ role, people }) => `awaited: ${role} (${people.join(" or ") || "nobody holds the role"})`,
      ),
      `next: npx imprimatur gonogo show ${stack}`,
      ...judgedAtNote(context),
    ],
  };
}

/** The releases that were named or, where none was, all that the window carries. */
function releasesFor(
  context: Context,
  args: readonly string[],
  options: OpenOptions,
  { stack, occurrence }: Schedule,
  now: Date,
): readonly NamedRelease[] {
  const areNamed = args.length > 0 || options.train !== undefined;
  if (areNamed || occurrence === undefined) return readReleases(context, args, options);
  return carriedBy(context, occurrence, stack, now);
}

async function show([name = ""]: readonly string[], options: StackOptions): Promise<ExitCode> {
  const context = openContext(options);
  const at = judgingInstant(context, options.at);
  const stack = context.catalogue.stack(name).name;
  const all = meetingsOf(context, stack, at).meetings.filter((meeting) => isOf(meeting, options.of));
  const running = all.filter(({ decision }) => decision === undefined);
  const shown = running.length > 0 ? running : all.slice(-1);
  const reports = shown.map((meeting) => standingsOf(context, meeting, at).report);
  const none = `there is no go/no-go for ${stack}; npx imprimatur gonogo open … --for ${stack}\n`;
  printReport(
    { gonogos: reports },
    options,
    (_, style) => reports.map((report) => renderGonogo(report, style)).join("\n") || none,
  );
  if (options.announce) {
    const announcer = openAnnouncer(context);
    for (const report of reports) await announcer.say({ kind: "tally", stack, text: tallyText(report) });
  }
  const isGo = reports.length > 0 && reports.every(({ verdict, decided }) => (decided?.verdict ?? verdict) === "GO");
  return isGo ? 0 : 1;
}

async function remind([name = ""]: readonly string[], options: StackOptions): Promise<Done> {
  const context = openContext(options);
  const stack = context.catalogue.stack(name).name;
  const { report } = openIn(context, stack, options.of, judgingInstant(context, options.at));
  if (report.awaited.length === 0) return { headline: `${stack}: nobody's vote is missing`, written: [] };
  await openAnnouncer(context).say({ kind: "reminder", stack, text: reminderText(report) });
  const people = [...new Set(report.awaited.flatMap(({ people }) => people))].sort();
  return { headline: `reminded ${people.join(", ") || "nobody: nobody holds the role"}`, written: [] };
}

/** What is decided is decided now: there is no `--at`. */
async function close([name = ""]: readonly string[], options: StackOptions): Promise<Done> {
  const context = openContext(options);
  const announcer = openAnnouncer(context);
  const stack = context.catalogue.stack(name).name;
  const sign = await openSign(options);
  const now = new Date();
  const standings = openIn(context, stack, options.of, now);
  const { path, person } = await writeDecision(context, sign, standings, now);
  // Read again: what the channel is told is what everybody reads from now on.
  const { report } = recordedBy(openContext(options), stack, path, new Date());
  await announcer.say({ kind: "tally", stack, text: tallyText(report) });
  const headline = `${report.decided?.verdict} for ${releasesText(report)} in ${stack}, signed by ${person}`;
  if (report.decided?.verdict === "GO") {
    const { candidates, platform } = standings.candidates;
    const order = [...platform.modules.keys()];
    const inOrder = candidates.toSorted((a, b) => order.indexOf(a.module.name) - order.indexOf(b.module.name));
    const next = `next: npx imprimatur bless ${releaseArguments(inOrder)} --for ${stack}`;
    return { headline: `✔ ${headline}`, written: [path], person, notes: [next, ...judgedAtNote(context)] };
  }
  const refused = report.releases.filter(({ passed }) => !passed);
  const missing = Object.fromEntries(
    refused.map(({ module, version, requirements }) => [`${module} ${version} for ${stack}`, inTheWay(requirements)]),
  );
  const next = `npx imprimatur gonogo open … --for ${stack}, when it is mended`;
  throw new Refusal(headline, [next], missing, [path]);
}
