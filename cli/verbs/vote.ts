import { nearestHint, refuseInput } from "../../release/errors.ts";
import { Gate } from "../../release/gate.ts";
import { readExpiry, readReason } from "../approve/options.ts";
import { type Done, endsInOutcome, Refusal } from "../approve/outcome.ts";
import { checkRole, filesWith, judgedAtNote } from "../approve/signing.ts";
import {
  type ReleaseOptions,
  readCandidates,
  readReleases,
  releaseText,
  type StackCandidates,
  subjectOf,
  withReleases,
} from "../candidate.ts";
import type { Context, GlobalOptions } from "../context.ts";
import { openContext } from "../context.ts";
import { type SignedBundle, signRecord, writeRecord } from "../signedRecord.ts";
import { openSign, type SigningOptions, withSigningOptions } from "../signers.ts";
import type { Verb } from "../verb.ts";

interface VoteOptions extends ReleaseOptions, SigningOptions, GlobalOptions {
  readonly for: string;
  readonly role: string;
  readonly go?: boolean;
  readonly nogo?: boolean;
  readonly reason: string;
  readonly expires?: string;
}

export const vote: Verb = (program) => {
  const command = program
    .command("vote")
    .description("Vote GO or NOGO for a release in a stack, signed")
    .requiredOption("--for <stack>", "the stack that it is to run in")
    .requiredOption("--role <role>", "the role that you vote in")
    .option("--go", "vote for it")
    .option("--nogo", "vote against it; a NOGO never expires, but you can vote again")
    .requiredOption("--reason <text>", "why; it is kept and shown")
    .option("--expires <instant or Nd>", "until when a GO counts (default: as long as formality lets it)");
  endsInOutcome<VoteOptions>(
    withSigningOptions(withReleases(command)),
    run,
    'vote skaha 1.1.0 --for prod --role qa --go --reason "load test is fine"',
    'vote --train canfar-2026-q3 --for prod --role qa --nogo --reason "sessions are lost"',
  );
};

async function run(args: readonly string[], options: VoteOptions): Promise<Done> {
  const context = openContext(options);
  const { authority, formality } = context.catalogue;
  const verdict = readVerdict(options);
  const reason = readReason(options.reason);
  checkRoleName(context, options.role);
  const releases = readReleases(context, args, options);
  const voted = readCandidates(context, options.for, releases);
  const now = new Date();
  const last = new Date(now.getTime() + formality.voteDays * 86_400_000);
  const expires = options.expires === undefined ? last : readExpiry("--expires", options.expires, now);
  if (expires.getTime() > last.getTime()) {
    const message = `must be within ${formality.voteDays} days: a vote counts no longer here (voteDays in formality)`;
    refuseInput({
      file: "--expires",
      path: "",
      message,
      value: options.expires ?? "",
      nearest: `${formality.voteDays}d`,
    });
  }
  const sign = await openSign(options);

  const subjects = releases.map(subjectOf);
  const configHash = Object.fromEntries(
    voted.candidates.map(({ release, configHash }) => [release.manifestDigest, configHash]),
  );
  const bundle = await signRecord(context, sign, "vote", subjects, {
    verdict,
    role: options.role,
    stack: voted.stack.name,
    configHash,
    reason,
    at: now.toISOString(),
    expires: expires.toISOString(),
  });
  const modules = releases.map(({ module }) => module.name);
  checkRole(authority, bundle.person, options.role, modules, now);
  const notes = verdict === "GO" ? checkGo(context, voted, bundle, options.role, now) : [];
  const written = writeRecord(context, "vote", bundle, subjects);
  const until = verdict === "GO" ? `, until ${expires.toISOString()}` : "";
  const headline = `${verdict} of ${bundle.person} as ${options.role} for ${releases.map(releaseText).join(", ")} in ${voted.stack.name}${until}`;
  return { headline, written, person: bundle.person, notes: [...notes, ...judgedAtNote(context)] };
}

function readVerdict({ go, nogo }: VoteOptions): "GO" | "NOGO" {
  if (go === nogo) refuseInput({ file: "--go, --nogo", path: "", message: "give exactly one of the two" });
  return go ? "GO" : "NOGO";
}

function checkRoleName({ catalogue }: Context, role: string): void {
  const { roles } = catalogue.authority;
  if (roles.includes(role)) return;
  const hint = nearestHint(role, roles);
  refuseInput({ file: "--role", path: "", message: "is no role of catalog/trust/people.yaml", value: role, ...hint });
}

/**
 * Judges a GO before it is written: where the stack asks for the role and the vote would not count, it is refused.
 * @returns what to know, where nothing asks for it
 */
function checkGo(
  context: Context,
  { stack, candidates }: StackCandidates,
  bundle: SignedBundle,
  role: string,
  now: Date,
): string[] {
  const gate = new Gate(context.catalogue, filesWith(context, "vote", bundle, candidates.map(subjectOf)), now);
  return candidates.flatMap((candidate) => {
    const { items } = gate.judge(candidate, stack);
    const asking = items.filter(({ id }) => id === `vote:${role}` || /^stage:\d+:(.*)$/.exec(id)?.[1] === role);
    const name = releaseText(candidate);
    if (asking.length === 0)
      return [`${stack.name} asks for no vote of ${role} on ${name}; it is on record all the same`];
    if (asking.some(({ records }) => records.includes(bundle.digest))) return [];
    const cut = items.find(({ id, state }) => id === "cut" && state === "missing");
    const waiting = items.filter(({ id, state }) => id.startsWith("stage:") && state === "missing");
    const next = (cut === undefined ? waiting : [cut]).flatMap(({ command }) => command ?? []);
    const why = cut === undefined ? asking.map(({ text }) => text).join("; ") : `${name} has no signed cut`;
    throw new Refusal(`this GO would not count: ${why}`, next);
  });
}
