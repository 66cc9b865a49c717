import { z } from "zod";
import { Gate } from "../../release/gate.ts";
import {
  awaited,
  countedVotes,
  type Meeting,
  type Meetings,
  readMeetings,
  type Stand,
  verdictOf,
} from "../../release/gonogo.ts";
import { Digest, Instant, Name } from "../../release/schema/common.ts";
import { RequirementReport, requirementReport } from "../approve/requirements.ts";
import { readCandidates, readRelease, releaseText, type StackCandidates } from "../candidate.ts";
import type { Context } from "../context.ts";

const Vote = z.strictObject({
  person: Name,
  role: Name,
  verdict: z.enum(["GO", "NOGO"]),
  reason: z.string(),
  at: Instant,
  veto: z.boolean().describe("A NOGO of this role refuses, whatever the count"),
  releases: z.array(z.string()).describe("What it is for, as <module> <version>"),
});

const Release = z.strictObject({
  module: Name,
  version: z.string(),
  manifestDigest: Digest,
  passed: z.boolean().describe("It has all that the stack asks for"),
  requirements: z.array(RequirementReport),
});

const Decided = z.strictObject({ verdict: z.enum(["GO", "NO-GO"]), person: Name, at: Instant, record: z.string() });

/** One go/no-go and how it stands (`schemas/gonogo.json`). */
export const GonogoReport = z.strictObject({
  stack: Name,
  window: z.string().optional(),
  start: Instant.optional().describe("Which date of the window, by its start"),
  decides: Instant.describe("When it is to be decided"),
  openedBy: Name,
  record: z.string().describe("File of the opening"),
  at: Instant.describe("The instant that it is judged at"),
  verdict: z.enum(["GO", "NO-GO", "open"]).describe("What it would come to; open where something is missing still"),
  releases: z.array(Release),
  votes: z.array(Vote),
  awaited: z
    .array(z.strictObject({ role: Name, people: z.array(z.string()), releases: z.array(z.string()) }))
    .describe("Whose voices are missing"),
  decided: Decided.optional(),
});
export type GonogoReport = z.infer<typeof GonogoReport>;

/** What `gonogo show --json` prints. */
export const GonogosReport = z.strictObject({ gonogos: z.array(GonogoReport) }).meta({ title: "Imprimatur go/no-go" });
export type GonogosReport = z.infer<typeof GonogosReport>;

/** A go/no-go with its releases as they stand at an instant. */
export interface Standings {
  readonly meeting: Meeting;
  readonly candidates: StackCandidates;
  readonly stands: readonly Stand[];
  readonly report: GonogoReport;
}

/** The go/no-gos of a stack, as anybody may read them at an instant. */
export function meetingsOf({ catalogue, files }: Context, stack: string, at: Date): Meetings {
  return readMeetings(files, stack, catalogue.ring, catalogue.authority, at);
}

/**
 * Judges the releases of a go/no-go, as the stack would be with all of them.
 * @throws InputError where one of them is not there any more, or does not fit into the stack
 */
export function standingsOf(context: Context, meeting: Meeting, at: Date): Standings {
  const { catalogue, files } = context;
  const { predicate, person, path } = meeting.opening;
  const named = Object.entries(predicate.releases).map(([module, version]) => readRelease(context, module, version));
  const candidates = readCandidates(context, predicate.stack, named);
  const gate = new Gate(catalogue, files, at);
  const stands = candidates.candidates.map((candidate): Stand => {
    const { blessing, judgement: standing } = gate.standing(candidate, candidates.stack);
    const judgement = blessing === undefined ? gate.judge(candidate, candidates.stack) : standing;
    const passed = blessing !== undefined || judgement.passed;
    return { name: releaseText(candidate), passed, judgement, ballots: gate.ballots(candidate, candidates.stack) };
  });
  const { decision } = meeting;
  const report: GonogoReport = {
    stack: predicate.stack,
    ...(predicate.window === undefined ? {} : { window: predicate.window, start: predicate.start }),
    decides: predicate.decides,
    openedBy: person,
    record: path,
    at: at.toISOString(),
    verdict: verdictOf(stands),
    releases: candidates.candidates.map(({ module, release }, index) => ({
      module: module.name,
      version: release.manifest.version,
      manifestDigest: release.manifestDigest,
      passed: stands[index]?.passed ?? false,
      requirements: (stands[index]?.judgement.items ?? []).map((item) =>
        requirementReport(item, catalogue.authority, module.name, at),
      ),
    })),
    votes: countedVotes(stands).map(({ ballot: { predicate: vote, person: voter }, releases }) => ({
      person: voter,
      role: vote.role,
      verdict: vote.verdict,
      reason: vote.reason,
      at: vote.at,
      veto: catalogue.authority.hasVeto(vote.role),
      releases,
    })),
    awaited: awaited(stands).map(({ role, people, releases }) => ({
      role,
      people: [...people],
      releases: [...releases],
    })),
    ...(decision === undefined
      ? {}
      : {
          decided: {
            verdict: decision.predicate.verdict,
            person: decision.person,
            at: decision.predicate.at,
            record: decision.path,
          },
        }),
  };
  return { meeting, candidates, stands, report };
}

/** Whether a release is of those that a go/no-go is about, by its manifest: another file under its name is another one. */
export function isAbout({ opening }: Meeting, manifestDigests: readonly string[]): boolean {
  return manifestDigests.some((digest) => opening.subjects.includes(digest));
}
