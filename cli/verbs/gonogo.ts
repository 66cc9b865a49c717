import { prettyJson } from "../../release/json.ts";
import { openAnnouncer } from "../announce.ts";
import { type JudgingOptions, judgingInstant, withJudgingOptions } from "../approve/options.ts";
import { type Done, Refusal, reportOutcome } from "../approve/outcome.ts";
import { inTheWay } from "../approve/requirements.ts";
import { judgedAtNote } from "../approve/signing.ts";
import { readReleases, subjectOf } from "../candidate.ts";
import { type GlobalOptions, openContext } from "../context.ts";
import { writeDecision, writeOpening } from "../gonogo/convene.ts";
import { readDecides } from "../gonogo/decides.ts";
import { openIn, recordedBy, undecided } from "../gonogo/find.ts";
import { releasesText, reminderText, renderGonogo, tallyText } from "../gonogo/render.ts";
import { isAbout, meetingsOf, standingsOf } from "../gonogo/report.ts";
import { createStyle, wantsColour } from "../render/style.ts";
import { openSign, type SigningOptions, withSigningOptions } from "../signers.ts";
import { type ExitCode, examples, runsVerb, type Verb } from "../verb.ts";

interface OpenOptions extends SigningOptions, GlobalOptions {
  readonly for: string;
  readonly window?: string;
  readonly decides?: string;
  readonly json?: boolean;
}

interface StackOptions extends SigningOptions, JudgingOptions, GlobalOptions {
  readonly announce?: boolean;
  readonly of?: string;
  readonly json?: boolean;
}

const OF = "a module that it is about, where several are open";
const JSON_OUTCOME = "print the outcome as JSON (schemas/outcome.json)";

export const gonogo: Verb = (program) => {
  const group = program
    .command("gonogo")
    .description("Gather the votes on what is to be released, and sign what they come to");
  withSigningOptions(
    group
      .command("open")
      .description("Ask for the votes on releases for a stack, and tell the channel")
      .argument("<release...>", "a train, <module> <version>, or <module>@<version> for each release")
      .requiredOption("--for <stack>", "the stack that they are to run in")
      .option("--window <name>", "the window of catalog/trust/calendar.yaml that carries them")
      .option("--decides <instant>", "when it is decided (default: when the window next opens)"),
  )
    .option("--json", JSON_OUTCOME)
    .addHelpText(
      "after",
      examples("gonogo open maya-io@2.4.1+c07aa51 maya-ui@2.4.0+0e6b1f8 --for prod --window maya-release"),
    )
    .action(runsVerb<OpenOptions>((args, options) => reportOutcome("gonogo open", options, () => open(args, options))));
  withJudgingOptions(
    group
      .command("show")
      .description("Show how the votes stand: counts, vetoes, reasons, and who is missing; exits 1 unless it is a GO")
      .argument("<stack>", "the stack; what is open there, or else the last decision")
      .option("--announce", "tell the channel the tally too"),
  )
    .option("--json", "print it as JSON (schemas/gonogo.json)")
    .addHelpText("after", examples("gonogo show prod", "gonogo show prod --announce"))
    .action(runsVerb<StackOptions>(show));
  withJudgingOptions(
    group
      .command("remind")
      .description("Remind those in the channel whose votes are missing")
      .argument("<stack>", "the stack")
      .option("--of <module>", OF),
  )
    .option("--json", JSON_OUTCOME)
    .addHelpText("after", examples("gonogo remind prod"))
    .action(
      runsVerb<StackOptions>((args, options) => reportOutcome("gonogo remind", options, () => remind(args, options))),
    );
  withSigningOptions(
    group
      .command("close")
      .description("Sign what it comes to now, and tell the channel; exits 1 unless it is a GO")
      .argument("<stack>", "the stack")
      .option("--of <module>", OF),
  )
    .option("--json", JSON_OUTCOME)
    .addHelpText("after", examples("gonogo close prod --key .keys/maya-sre.pem"))
    .action(
      runsVerb<StackOptions>((args, options) => reportOutcome("gonogo close", options, () => close(args, options))),
    );
};

async function open(args: readonly string[], options: OpenOptions): Promise<Done> {
  const context = openContext(options);
  const announcer = openAnnouncer(context);
  const now = new Date();
  const stack = context.catalogue.stack(options.for).name;
  const named = readReleases(context, args);
  const subjects = named.map(subjectOf);
  const decides = readDecides(context, stack, options, now);
  const digests = subjects.map(({ manifestDigest }) => manifestDigest);
  const running = undecided(context, stack, now).find((meeting) => isAbout(meeting, digests));
  if (running !== undefined) {
    const next = `npx imprimatur gonogo close ${stack}`;
    throw new Refusal(`one of them is in a go/no-go for ${stack} already: ${running.opening.path}`, [next]);
  }
  const sign = await openSign(options);
  const releases = Object.fromEntries(subjects.map(({ module, version }) => [module, version]));
  const opening = await writeOpening(context, sign, subjects, {
    stack,
    releases,
    ...(options.window === undefined ? {} : { window: options.window }),
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

async function show([name = ""]: readonly string[], options: StackOptions): Promise<ExitCode> {
  const context = openContext(options);
  const at = judgingInstant(context, options.at);
  const stack = context.catalogue.stack(name).name;
  const running = undecided(context, stack, at);
  const last = meetingsOf(context, stack, at).meetings.slice(-1);
  const shown = (running.length > 0 ? running : last).map((meeting) => standingsOf(context, meeting, at));
  const reports = shown.map(({ report }) => report);
  const style = createStyle(wantsColour(process.stdout, options.color));
  const none = `there is no go/no-go for ${stack}; npx imprimatur gonogo open … --for ${stack}\n`;
  const text = reports.map((report) => renderGonogo(report, style)).join("\n") || none;
  process.stdout.write(options.json ? prettyJson({ gonogos: reports }) : text);
  if (options.announce) {
    const announcer = openAnnouncer(context);
    for (const report of reports) await announcer.say({ kind: "tally", stack, text: tallyText(report) });
  }
  return reports.every(({ verdict, decided }) => (decided?.verdict ?? verdict) === "GO") ? 0 : 1;
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
  const { modules } = standings.candidates.platform;
  const inOrder = [...modules.keys()].flatMap((module) =>
    report.releases.filter((release) => release.module === module),
  );
  if (report.decided?.verdict === "GO") {
    const notes = inOrder.map(
      ({ module, version }) => `next: npx imprimatur bless ${module} ${version} --for ${stack}`,
    );
    return { headline: `✔ ${headline}`, written: [path], person, notes: [...notes, ...judgedAtNote(context)] };
  }
  const refused = report.releases.filter(({ passed }) => !passed);
  const missing = Object.fromEntries(
    refused.map(({ module, version, requirements }) => [`${module} ${version} for ${stack}`, inTheWay(requirements)]),
  );
  const next = `npx imprimatur gonogo open … --for ${stack}, when it is mended`;
  throw new Refusal(headline, [next], missing, [path]);
}
