import { join } from "node:path";
import {
  type CanaryCommand,
  type CanaryEffect,
  type CanaryState,
  nextState,
  phaseOf,
  type StepRefusal,
  type Transition,
} from "../../release/canary/machine.ts";
import { populationDrift, populationOf, rolloutOf } from "../../release/canary/population.ts";
import { writeState } from "../../release/canary/state.ts";
import { InputError } from "../../release/errors.ts";
import { planDigest } from "../../release/plan.ts";
import { writeFileAtomically } from "../../store/write.ts";
import { unifiedDiff } from "../approve/diff.ts";
import { inTheWayOf } from "../approve/inTheWay.ts";
import { type JudgingOptions, judgingInstant, readReason } from "../approve/options.ts";
import { type Done, Refusal } from "../approve/outcome.ts";
import { judgedAtNote } from "../approve/signing.ts";
import { type Context, type GlobalOptions, openNewestContext } from "../context.ts";
import { appendEntry, pushNotes } from "../ledger/append.ts";
import { openSign, type Sign, type SigningOptions } from "../signers.ts";
import { openUnleash } from "../unleash.ts";
import {
  type Canary,
  isDeployed,
  nextSteps,
  openCanary,
  proofFor,
  releaseOf,
  stepCommand,
  upCommand,
  verdictCommand,
} from "./open.ts";

/** Options of every step of a canary. */
export interface StepOptions extends GlobalOptions, JudgingOptions, SigningOptions {
  readonly stack: string;
  readonly reason?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Steps that leave the population alone: an emergency ignores Unleash, and a promotion owes it. */
const IGNORES_UNLEASH = new Set<CanaryCommand["step"]>(["promote", "emergency"]);

/**
 * Takes one step of a canary: judged first, then carried out in the order that the state machine gives.
 * @throws Refusal where a rule is against it, or it has no meaning where the canary stands
 */
export async function takeStep(module: string, command: CanaryCommand, options: StepOptions): Promise<Done> {
  const context = openNewestContext(options);
  const reason = options.reason === undefined ? undefined : readReason(options.reason);
  const canary = await openFor(command, context, module, options);
  if ("version" in command) releaseOf(canary, command.version);
  const { state, effects } = decide(canary, command);
  const path = `Pulumi.${canary.platform.stack.name}.yaml`;
  const before = new TextDecoder().decode(context.files.read(path));
  const after = effects.includes("versions")
    ? writeState(before, canary.entry, state, (version) => releaseOf(canary, version), path)
    : before;
  const headline = sentence(canary, command, state);
  if (options.dryRun) {
    const diff = unifiedDiff(path, before, after);
    return { headline: `${headline}; nothing was done`, written: [], ...(diff === "" ? {} : { diff }) };
  }

  const sign = await openSign(options);
  const done = await carryOut(canary, command, { state, effects }, { path, before, after }, sign, reason);
  const notes = [
    ...afterwards({ ...canary, state }, before !== after),
    ...pushNotes(context),
    ...judgedAtNote(context),
  ];
  return { headline: `✔ ${headline}`, ...done, notes };
}

/** The canary, as Unleash has it too, unless the step leaves that alone. */
async function openFor(
  command: CanaryCommand,
  context: Context,
  module: string,
  options: StepOptions,
): Promise<Canary> {
  const open = (unleash?: typeof openUnleash) =>
    openCanary(context, module, options.stack, judgingInstant(context, options.at), unleash);
  if (IGNORES_UNLEASH.has(command.step) || "leaves" in command) return open();
  if (command.step !== "revert") return open(openUnleash);
  try {
    return await open(openUnleash);
  } catch (error) {
    const canary = await open();
    if (!(error instanceof InputError)) throw error;
    // Taking a canary back must not wait for a server.
    const without = stepCommand(canary, 'revert --without-unleash --reason "…"');
    const help = `\`${without}\` takes the canary out of the stack file alone, and leaves the population for later`;
    throw new InputError(error.problems.map((problem) => ({ ...problem, message: `${problem.message}; ${help}` })));
  }
}

/** The transition for a command. @throws Refusal with what is in the way */
function decide(canary: Canary, command: CanaryCommand): Transition {
  const { entry, platform, plan, state, gate } = canary;
  const standing = (version: string) => {
    const release = releaseOf(canary, version);
    return gate.standing({ module: entry.module, release, configHash: entry.configHash }, platform.stack);
  };
  const next = nextState(state, command, {
    ladder: plan.ladder,
    live: plan.carrier === "unleash",
    blessed: (version) => standing(version).allowed,
    deployed: (version) => isDeployed(canary, version),
    proven: (version) => proofFor(canary, version).proven,
  });
  if ("refused" in next) throw refusalOf(canary, next, standing);
  const actual = canary.flag === undefined ? undefined : populationOf(canary.flag ?? undefined);
  const rises = next.state.population > state.population;
  if (rises && canary.flag !== undefined && (actual === undefined || actual > state.population)) {
    const drift = populationDrift(plan, state, canary.flag ?? undefined);
    const back = state.population > 0 ? `widen --to ${state.population}` : 'revert --reason "…"';
    throw new Refusal(drift.join("; "), [stepCommand(canary, back)]);
  }
  return next;
}

function refusalOf(
  canary: Canary,
  { refused, reason, version = "" }: StepRefusal,
  standing: (version: string) => ReturnType<Canary["gate"]["standing"]>,
): Refusal {
  const { context, entry, platform, at } = canary;
  const { name } = entry.module;
  if (refused === "unproven") {
    const { reason: why } = proofFor(canary, version);
    return new Refusal(why, [stepCommand(canary, "analyse"), verdictCommand(canary, version)]);
  }
  if (refused === "undeployed") return new Refusal(reason, [upCommand(canary)]);
  if (refused !== "unblessed") return new Refusal(reason, nextSteps(canary));
  const named = { module: entry.module, release: releaseOf(canary, version) };
  const missing = inTheWayOf(context, standing(version), platform.stack, named, at);
  return new Refusal(`${name} ${reason}`, [], { [`${name} ${version} for ${platform.stack.name}`]: missing });
}

interface FileChange {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** Carries the effects out in their order. A stack file that was written is put back where the record is refused. */
async function carryOut(
  canary: Canary,
  { step }: CanaryCommand,
  { state, effects }: Transition,
  { path, before, after }: FileChange,
  sign: Sign,
  reason: string | undefined,
): Promise<Pick<Done, "written" | "person">> {
  const { context, entry, platform } = canary;
  const { stable, canary: version, population } = state;
  const file = join(context.root, path);
  const written: string[] = [];
  let person: string | undefined;
  const effect: Readonly<Record<CanaryEffect, () => Promise<void> | void>> = {
    population: () => movePopulation(canary, population),
    versions: () => {
      if (before === after) return;
      writeFileAtomically(file, after);
      written.push(path);
    },
    record: async () => {
      const appended = await appendEntry(context, sign, platform.stack.name, {
        action: "canary",
        changes: [],
        canary: {
          module: entry.module.name,
          step,
          stable,
          canary: version,
          population,
          owed: phaseOf(state) === "owed",
        },
        outcome: "succeeded",
        planDigest: planDigest(context.files, platform.stack.name),
        ...(reason === undefined ? {} : { reason }),
        durationSeconds: 0,
      });
      person = appended.person;
      written.push(appended.path);
    },
  };
  try {
    for (const name of effects) await effect[name]();
  } catch (error) {
    if (written.includes(path)) writeFileAtomically(file, before);
    throw error;
  }
  return { written, ...(person === undefined ? {} : { person }) };
}

/** Gives the canary to a share of the clients that its plan allows. A flag that is not there yet is made. */
async function movePopulation({ platform, plan, entry, flag }: Canary, percentage: number): Promise<void> {
  if (flag === null && percentage === 0) return;
  const unleash = openUnleash(platform);
  await unleash.createFlag(plan.flag, `Who gets the canary of ${entry.module.name}`, "release");
  await unleash.setRollout(plan.flag, rolloutOf(plan, percentage));
  await unleash.switchFlag(plan.flag, true);
}

function sentence({ entry, platform }: Canary, { step }: CanaryCommand, state: CanaryState): string {
  const { stable, canary, population } = state;
  const gets = canary === null ? "no canary" : `canary ${canary} for ${population} %`;
  const owed = phaseOf(state) === "owed" ? `, and a population of ${population} % is owed` : "";
  return `${step}: ${entry.module.name} in ${platform.stack.name} has stable ${stable}, ${gets}${owed}`;
}

/** What is left to be done by people, in their order. */
function afterwards(canary: Canary, edited: boolean): string[] {
  const { name } = canary.platform.stack;
  const merge = edited
    ? [
        `next: npx imprimatur plan --write and preview ${name}, then a pull request; when it is merged, npx imprimatur up ${name}`,
      ]
    : [];
  const steps = nextSteps(canary).filter((text) => !edited || text !== upCommand(canary));
  return [...merge, ...steps.map((text) => `next: ${text}`)];
}
