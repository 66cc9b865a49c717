import type { Unleash, UnleashFlag } from "../../clients/unleash.ts";
import { hasDeployed } from "../../release/applied.ts";
import { type CanaryState, phaseOf } from "../../release/canary/machine.ts";
import type { CanaryPlan } from "../../release/canary/plan.ts";
import { populationOf } from "../../release/canary/population.ts";
import { type Proof, proofOf } from "../../release/canary/proof.ts";
import { canaryState, lastStep } from "../../release/canary/state.ts";
import { refuseInput } from "../../release/errors.ts";
import { Gate } from "../../release/gate.ts";
import type { Platform, PlatformModule } from "../../release/platform.ts";
import type { Release } from "../../release/schema/manifest.ts";
import type { Context } from "../context.ts";
import { readStacks } from "../stacks.ts";

/** The canary of one module in one stack, with all that its steps are judged by. */
export interface Canary {
  readonly context: Context;
  readonly platform: Platform;
  readonly entry: PlatformModule;
  readonly plan: CanaryPlan;
  readonly state: CanaryState;
  readonly gate: Gate;
  readonly at: Date;
  /** When the ledger's last step was made; absent where it tells of none. */
  readonly since?: Date;
  /** What Unleash says of its flag; null where there is none. Absent where it was not asked. */
  readonly flag?: UnleashFlag | null;
}

/**
 * The canary of a module in a stack.
 * @param unleash asked for the population, where the canary is one of Unleash's
 * @throws InputError where the stack does not run the module, the module has no canaries, or the ledger is broken
 */
export async function openCanary(
  context: Context,
  module: string,
  stack: string,
  at: Date,
  unleash?: (platform: Platform) => Unleash,
): Promise<Canary> {
  context.catalogue.module(module, { file: "<module>", path: "" });
  const [read] = readStacks(context, [stack], []);
  const entry = read?.platform.modules.get(module);
  if (read === undefined || entry === undefined) {
    return refuseInput({ file: "--stack", path: "", message: `does not run ${module}`, value: stack });
  }
  if (entry.canaryPlan === undefined) {
    const message = "declares no canary: say under canary how far its releases may go, and to whom";
    refuseInput({ file: `catalog/modules/${module}.yaml`, path: "canary", message });
  }
  const server = entry.canaryPlan.carrier === "unleash" ? unleash?.(read.platform) : undefined;
  return canaryOf(context, read.platform, entry, entry.canaryPlan, at, server);
}

/** As {@link openCanary}, for a stack that has been read. */
export async function canaryOf(
  context: Context,
  platform: Platform,
  entry: PlatformModule,
  plan: CanaryPlan,
  at: Date,
  unleash?: Unleash,
): Promise<Canary> {
  const gate = new Gate(context.catalogue, context.files, at);
  const ledger = gate.ledger(platform.stack.name);
  if (ledger.broken !== undefined) refuseInput({ file: ledger.broken.path, path: "", message: ledger.broken.message });
  const since = lastStep(ledger, entry.module.name)?.at;
  const flag = unleash === undefined ? undefined : ((await unleash.flag(plan.flag)) ?? null);
  const recorded = canaryState(entry, ledger);
  // Somebody may have moved the population by hand while there is no canary: that is owed as well.
  const actual = recorded.canary === null ? populationOf(flag ?? undefined) : undefined;
  const state = { ...recorded, population: Math.max(recorded.population, actual ?? 0) };
  return {
    context,
    platform,
    entry,
    plan,
    state,
    gate,
    at,
    ...(since === undefined ? {} : { since }),
    ...(flag === undefined ? {} : { flag }),
  };
}

/** A release of the module by its version. @throws InputError where there is none */
export function releaseOf({ context, entry }: Pick<Canary, "context" | "entry">, version: string): Release {
  const found = context.catalogue.release(entry.module.name, version);
  if (found === undefined) {
    const file = context.catalogue.releasePath(entry.module.name, version);
    return refuseInput({ file, path: "", message: "there is no such file" });
  }
  return found;
}

/** What speaks for giving a version to more users. */
export function proofFor(canary: Canary, version: string): Proof {
  const { context, entry, platform, gate, at, since } = canary;
  const release = releaseOf(canary, version);
  return proofOf(gate.records(entry.module, release, platform.stack), {
    release,
    stack: platform.stack.name,
    since: since ?? new Date(0),
    now: at,
    freshHours: entry.module.canary?.freshHours ?? 0,
    authority: context.catalogue.authority,
  });
}

/** Whether the canary was applied as it stands, so that users can get it. */
export function isDeployed(canary: Canary, version: string): boolean {
  const { entry, gate, plan, platform, state } = canary;
  // Where Unleash says who gets it, what is applied has no share.
  const population = plan.carrier === "route" ? state.population : 0;
  const ledger = gate.ledger(platform.stack.name);
  return hasDeployed(ledger, entry.module.name, { release: releaseOf(canary, version), population });
}

/** The command by which an update deploys what the stack file says. */
export function upCommand({ platform }: Pick<Canary, "platform">): string {
  return `npx imprimatur up ${platform.stack.name}`;
}

/** The command by which a person says what was seen of a version. */
export function verdictCommand({ entry, platform }: Pick<Canary, "entry" | "platform">, version: string): string {
  return `npx imprimatur attest ${entry.module.name} ${version} --type verdict --in ${platform.stack.name} --result pass --summary "…"`;
}

/** The command for a step, as messages show it. */
export function stepCommand({ entry, platform }: Pick<Canary, "entry" | "platform">, words: string): string {
  const [step, ...rest] = words.split(" ");
  return ["npx imprimatur canary", step, entry.module.name, ...rest, "--stack", platform.stack.name].join(" ");
}

/** What to do next, by where the canary stands. */
export function nextSteps(canary: Canary): string[] {
  const { state, plan } = canary;
  const rung = plan.ladder.find((candidate) => candidate > state.population);
  const widen = rung === undefined ? [] : [stepCommand(canary, `widen --to ${rung}`)];
  const up = state.canary === null || isDeployed(canary, state.canary) ? [] : [upCommand(canary)];
  switch (phaseOf(state)) {
    case "steady":
      return [];
    case "started":
      return [...up, ...widen];
    case "running":
      return [...up, stepCommand(canary, "analyse"), ...widen, stepCommand(canary, "promote")];
    case "owed":
      return [stepCommand(canary, "settle")];
  }
}
