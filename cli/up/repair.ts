import { type Decisions, type Interruption, isInterrupted, planRepair } from "../../engine/interrupted.ts";
import { isAbandoned, type Lock, type State } from "../../engine/stackState.ts";
import { InputError } from "../../release/errors.ts";
import { HELM_RELEASE, objectId } from "../../release/kubernetes/objectId.ts";
import { type Done, Refusal } from "../approve/outcome.ts";
import { resourceName } from "../render/text.ts";
import { Helm, providerOf } from "./helm.ts";
import type { Target } from "./target.ts";

export interface RepairOptions {
  readonly force: boolean;
  readonly dryRun: boolean;
  /** How long a Helm release may take to come to an end by itself. */
  readonly waitSeconds: number;
  readonly decisions: Decisions;
}

/**
 * Mends what an update that was killed has left: its lock, its operations whose end nobody knows, the Helm releases that
 * stand still. Each by itself: nothing is taken over that the state does not say was being made.
 * @throws Refusal where somebody may still be at work, or has to decide
 */
export async function repairStack(target: Target, options: RepairOptions): Promise<Done> {
  const { state } = target;
  const { name } = target.checked.platform.stack;
  if (!(await state.exists())) return done(`${name} is not on ${target.backend}: there is nothing to repair`);
  const locks = await breakLocks(target, options);
  const before = await state.read();
  if (!isInterrupted(before)) {
    return done(locks.length === 0 ? `${name} needs no repair` : `${name} is free`, locks);
  }
  const plan = planRepair(before, options.decisions);
  refuseUndecided(name, plan);
  const releases = await takeBackReleases(target, before, plan, options);
  const dropped = plan.dropped.map(({ type, resource }) => `forgotten: ${type} ${resourceName(resource.urn)}`);
  const adopted = options.dryRun
    ? plan.adopted.map(({ urn, id }) => `would be imported where it is there: ${resourceName(urn)} (${id})`)
    : await adopt(target, before, plan);
  const details = [...locks, ...releases, ...dropped, ...adopted];
  return options.dryRun
    ? done(`${name} would be repaired; nothing was changed`, details)
    : done(`${name} is repaired`, details, [`next: npx imprimatur up ${name}`]);
}

function done(headline: string, details: readonly string[] = [], notes: readonly string[] = []): Done {
  return { headline, details, notes, written: [] };
}

/** @throws Refusal where a lock may be somebody's who is still at work */
async function breakLocks({ checked, state }: Target, { force, dryRun }: RepairOptions): Promise<string[]> {
  const { name } = checked.platform.stack;
  const locks = await state.locks();
  const held = locks.filter((lock) => !isAbandoned(lock));
  if (held.length > 0 && !force) {
    throw new Refusal(`somebody may still be at work on ${name}: ${held.map(({ text }) => text).join("; ")}`, [
      `ask them; if they are not: npx imprimatur repair ${name} --force`,
    ]);
  }
  if (locks.length > 0 && !dryRun) await state.cancel();
  return locks.map((lock) => lockLine(lock, dryRun));
}

function lockLine(lock: Lock, dryRun: boolean): string {
  const why = isAbandoned(lock) ? "its process on this host is dead" : "forced";
  return `lock ${dryRun ? "would be " : ""}taken away (${why}): ${lock.text}`;
}

/** @throws Refusal naming what somebody has to decide, and how */
function refuseUndecided(stack: string, { undecided }: Interruption): void {
  if (undecided.length === 0) return;
  const names = undecided.map(({ resource }) => resourceName(resource.urn)).join(", ");
  const next = undecided.flatMap(({ resource }) => [
    `if it is there:     npx imprimatur repair ${stack} --import '${resource.urn}=<id>'`,
    `if it is not there: npx imprimatur repair ${stack} --forget '${resource.urn}'`,
  ]);
  throw new Refusal(`only its provider knows whether it was made: ${names}`, next);
}

/** Takes back what stands still of the releases that were being worked on. */
async function takeBackReleases(
  { state }: Target,
  before: State,
  { adopted }: Interruption,
  { dryRun, waitSeconds }: RepairOptions,
): Promise<string[]> {
  const pending = before.deployment.pending_operations.map(({ resource }) => resource);
  const releases = [...pending, ...adopted].filter(({ type }) => type === HELM_RELEASE);
  if (releases.length === 0) return [];
  // How to reach the cluster may be a secret.
  const open = await state.read({ showSecrets: true });
  const groups = Map.groupBy(releases, (release) => providerOf(open, release));
  const lines: string[] = [];
  for (const [provider, members] of groups) {
    const helm = new Helm(provider);
    try {
      const ids = members.flatMap(({ type, inputs }) => objectId(type, inputs) ?? []);
      for (const release of await helm.stuck(ids, dryRun ? 0 : waitSeconds)) {
        const { namespace, name, status, remedy } = release;
        if (!dryRun) helm.takeBack(release);
        lines.push(`${dryRun ? "would run" : "ran"} helm ${remedy.join(" ")}: ${namespace}/${name} was ${status}`);
      }
    } finally {
      helm.close();
    }
  }
  return lines;
}

/**
 * Writes the ids of what may have been made into the state, and reads just that from its providers: what is not there
 * leaves the state again. Where it cannot be read, the state is put back.
 */
async function adopt({ state, operate }: Target, before: State, plan: Interruption): Promise<string[]> {
  await state.write(plan.repaired);
  if (plan.adopted.length === 0) return [];
  const refreshed = await operate("refresh", { target: plan.adopted.map(({ urn }) => urn) });
  if (!refreshed.succeeded) {
    await state.write(before);
    throw new InputError(refreshed.problems);
  }
  const { deployment } = await state.read();
  const there = new Set(deployment.resources.map(({ urn }) => urn));
  return plan.adopted.map(({ urn, id }) =>
    there.has(urn) ? `imported: ${resourceName(urn)} (${id})` : `was never made: ${resourceName(urn)} (${id})`,
  );
}
