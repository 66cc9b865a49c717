import { comparablePlan } from "../../engine/defaults.ts";
import type { StackResult } from "../../engine/engine.ts";
import { isInterrupted } from "../../engine/interrupted.ts";
import { readLocks } from "../../engine/stackState.ts";
import type { Operated } from "../../engine/update.ts";
import { linesLost } from "../../release/admission/shorter.ts";
import { factsOf } from "../../release/applied.ts";
import { Gate } from "../../release/gate.ts";
import { succeededIn } from "../../release/ledger.ts";
import { waiversUsed } from "../../release/policyWaivers.ts";
import { announceDeployment, type Deployment, openAnnouncer } from "../announce.ts";
import { judgingInstant } from "../approve/options.ts";
import { Refusal } from "../approve/outcome.ts";
import { type AppendedEntry, appendEntry, checkAppend, type EntryFacts, pushNotes } from "../ledger/append.ts";
import { policyPack } from "../pack.ts";
import { createProgress } from "../progress.ts";
import { count } from "../render/text.ts";
import { buildReport, type PreviewReport } from "../report.ts";
import type { Sign } from "../signers.ts";
import { applyStack, ensureStack } from "./apply.ts";
import { committedPlan, lastApplied } from "./committedPlan.ts";
import { type ConfirmOptions, isConfirmed } from "./confirm.ts";
import { failureReason } from "./failureReason.ts";
import { operationReport, type UpPrinter, type UpReport } from "./report.ts";
import { createStepProgress } from "./steps.ts";
import type { Target } from "./target.ts";

/** How a stack is to be applied. */
export interface ApplyOptions extends ConfirmOptions {
  /** Nothing is done, and nothing recorded, where nothing differs from what was applied. */
  readonly ifChanged?: boolean;
}

/** Previews a stack, applies it where nothing is against it, and records that. Never throws what a rule refuses. */
export async function applyJudged(
  target: Target,
  sign: Sign,
  options: ApplyOptions,
  printer: UpPrinter,
): Promise<UpReport> {
  const { name } = target.checked.platform.stack;
  const report: UpReport = { stack: name, backend: target.backend, notes: [] };
  try {
    await refuseInterrupted(target);
    const previewed = await previewStack(target);
    report.preview = previewed.report;
    printer.preview(previewed.report);
    if (!previewed.report.allowed) throw new Refusal(`policies refuse it, so nothing of ${name} was applied`);
    const facts = checkPlan(target, previewed, report, printer);
    if (options.ifChanged && previewed.result.changes === false) {
      report.unchanged = true;
      return report;
    }
    await checkAppend(target.context, sign, name, { ...facts, outcome: "failed", durationSeconds: 0 });
    if (!(await isConfirmed(options, `Apply this to ${name}?`)))
      throw new Refusal("nobody said yes: nothing was applied");
    report.notes.push(...(await ensureStack(target)));
    const { operated, appended } = await applyAndRecord(target, sign, facts);
    report.applied = operationReport(operated);
    report.notes.push(...pushNotes(target.context));
    report.entry = { path: appended.path, action: appended.entry.action, person: appended.person };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    report.refused = { reason: error.message, next: [...error.next] };
  }
  return report;
}

interface Previewed {
  readonly report: PreviewReport;
  readonly result: StackResult;
}

/** The preview by the very program and pack that will apply it, judged as the update will be. */
async function previewStack(target: Target): Promise<Previewed> {
  const { checked, context, own } = target;
  const { pulumiEngine } = await import("../../engine/pulumi.ts");
  const progress = createProgress(process.stderr);
  const options = { root: context.root, pack: policyPack(context), env: own, onProgress: progress.report };
  const results = await pulumiEngine.preview([checked.input], options).finally(progress.finish);
  const [result] = results;
  if (result === undefined) throw new Error("a preview gives a result for each stack");
  const base = lastApplied(target, succeededIn(gateOf(target).ledger(checked.platform.stack.name)));
  const engine = { name: "pulumi" as const, reason: `state in ${target.backend}` };
  return { result, report: buildReport({ engine, base, sets: [], stacks: [checked], results }) };
}

/** What an update that was killed has left must be mended first: the engine would make it a second time. */
async function refuseInterrupted({ checked, state }: Target): Promise<void> {
  const { name } = checked.platform.stack;
  if (!(await state.exists())) return;
  if (!isInterrupted(await state.read())) return;
  throw new Refusal(`an update of ${name} was interrupted, and nobody knows how all of its operations ended`, [
    `npx imprimatur repair ${name}`,
  ]);
}

/** The judgement of now, or of the instant that a reference platform is judged at. */
function gateOf({ context }: Target): Gate {
  return new Gate(context.catalogue, context.files, judgingInstant(context));
}

type KnownFacts = Omit<EntryFacts, "outcome" | "durationSeconds">;

/** Holds the preview against the committed plan, and says what the ledger will tell. @throws Refusal */
function checkPlan(target: Target, previewed: Previewed, report: UpReport, printer: UpPrinter): KnownFacts {
  const { checked, context } = target;
  const { platform } = checked;
  const { name } = platform.stack;
  const committed = committedPlan(target);
  const commit = committed.commit === undefined ? {} : { commit: committed.commit };
  const base = { ...commit, reason: "the committed plan", plan: () => comparablePlan(committed.plan) };
  const compared = { ...previewed.result, plan: comparablePlan(previewed.result.plan) };
  const facts = { engine: previewed.report.engine, base, sets: [], stacks: [checked], results: [compared] };
  const difference = buildReport(facts);
  const { same, ...changed } = difference.counts;
  const reproduced = Object.values(changed).every((count) => count === 0);
  report.plan = { sha256: committed.digest, ...commit, reproduced };
  const lost = platform.stack.gates === undefined ? undefined : linesLost(base.plan(), compared.plan);
  if (!reproduced && lost !== undefined) {
    report.notes.push(`${count(lost, "line")} of plans/${name}.json left the lists since: revoked, or run out`);
  } else if (!reproduced) {
    report.difference = difference;
    printer.difference(difference);
    throw new Refusal(`it does not come to plans/${name}.json, which is what was approved: nothing was applied`, [
      `npx imprimatur plan ${name} --write, and have the new plan approved`,
    ]);
  }
  const now = new Date();
  const { catalogue, files } = context;
  const known = factsOf(platform, gateOf(target), catalogue, now);
  const lifted = waiversUsed(
    previewed.result.verdicts,
    name,
    files,
    catalogue.ring,
    judgingInstant(context, undefined, now),
  );
  const waivers = [...new Set([...(known.waivers ?? []), ...lifted])].sort();
  return { ...known, waivers, ...commit, planDigest: committed.digest };
}

/** Applies, and appends to the ledger how it ended, also where it failed. */
async function applyAndRecord(
  target: Target,
  sign: Sign,
  facts: KnownFacts,
): Promise<{ readonly operated: Operated; readonly appended: AppendedEntry }> {
  const { name } = target.checked.platform.stack;
  const announcer = openAnnouncer(target.context);
  const told = { stack: name, steps: stepsOf(target, facts), window: facts.window };
  await announceDeployment(announcer, { ...told, state: "starts" });
  const progress = createStepProgress(name, process.stderr);
  const operated = await applyStack(target, policyPack(target.context), progress.report).finally(progress.finish);
  const problems = operated.problems.map(({ message }) => message);
  if (problems.some((message) => readLocks(message).length > 0)) {
    // Somebody else works on the stack: nothing was done here, and the next place in the ledger is theirs.
    throw new Refusal(problems.join("\n"), [`npx imprimatur repair ${name}, if nobody does any more`]);
  }
  const failure = operated.succeeded
    ? undefined
    : await failureReason(target.checked.platform, target.context.root, problems);
  const reason = failure === undefined ? {} : { reason: failure };
  const appended = await appendEntry(target.context, sign, name, {
    ...facts,
    ...reason,
    outcome: operated.succeeded ? "succeeded" : "failed",
    durationSeconds: operated.durationSeconds,
  });
  const state = operated.succeeded ? "succeeded" : "failed";
  await announceDeployment(announcer, { ...told, ...reason, state, seconds: operated.durationSeconds });
  return { operated, appended };
}

/** The steps of an update as people know them: by versions. */
function stepsOf({ context }: Target, { changes }: KnownFacts): Deployment["steps"] {
  const versionOf = (module: string, digest: string | null) => {
    const release = context.catalogue.releases(module).find(({ manifestDigest }) => manifestDigest === digest);
    return digest === null ? undefined : (release?.manifest.version ?? digest.slice(0, SHORT));
  };
  return changes.map(({ module, from, to }) => ({ module, from: versionOf(module, from), to: versionOf(module, to) }));
}

/** As much of a digest as people compare: `sha256:` and twelve digits. */
const SHORT = 19;
