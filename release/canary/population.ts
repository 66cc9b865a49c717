import type { CanaryState } from "./machine.ts";
import type { CanaryPlan } from "./plan.ts";

/** What a flag server says of the flag that holds a population. */
export interface FlagFacts {
  readonly enabled: boolean;
  readonly rollouts: readonly Rollout[];
  /** Names of strategies whose effect is not known. */
  readonly foreign: readonly string[];
}

/** Whom a flag is on for. */
interface Rollout {
  readonly percentage: number;
  readonly stickiness: string;
  readonly constraints: readonly {
    readonly field: string;
    readonly operator: "IN" | "NOT_IN";
    readonly values: readonly string[];
  }[];
}

/** The rollout that gives a canary to a share of those whom its plan allows. */
export function rolloutOf({ stickiness, only, except }: CanaryPlan, percentage: number): Rollout {
  const of = (audience: CanaryPlan["only"], operator: "IN" | "NOT_IN") =>
    Object.entries(audience).map(([field, values]) => ({ field, operator, values: [...values] }));
  return { percentage, stickiness, constraints: [...of(only, "IN"), ...of(except, "NOT_IN")] };
}

/** The share that a flag is on for, in percent; undefined where it cannot be told. A flag that is not there is on for nobody. */
export function populationOf(flag: FlagFacts | undefined): number | undefined {
  if (flag === undefined || !flag.enabled) return 0;
  if (flag.foreign.length > 0 || flag.rollouts.length > 1) return undefined;
  // Enabled without any strategy is on for everybody.
  return flag.rollouts[0]?.percentage ?? 100;
}

/**
 * How the flag differs from what was signed for and recorded: somebody has moved it by hand, or a command was interrupted.
 * Empty where it does not.
 */
export function populationDrift(plan: CanaryPlan, state: CanaryState, flag: FlagFacts | undefined): string[] {
  if (flag === undefined) {
    // Nobody was to get it, and nobody does: the flag is made when that changes, or by the next update.
    return state.population === 0 ? [] : [`there is no flag ${plan.flag}, so nobody gets the canary`];
  }
  const population = populationOf(flag);
  if (population === undefined) {
    const what = flag.foreign.length > 0 ? `strategies of others: ${flag.foreign.join(", ")}` : "several strategies";
    return [`the flag ${plan.flag} has ${what}; nobody can tell who gets the canary`];
  }
  const found: string[] = [];
  if (population !== 0 && !plan.ladder.includes(population)) {
    found.push(`the population is ${population} %, which is not on the ladder ${plan.ladder.join(", ")}`);
  }
  if (population !== state.population)
    found.push(`the population is ${population} %, and ${state.population} % is recorded`);
  const [rollout] = flag.rollouts;
  if (flag.enabled && population > 0 && rollout !== undefined && !sameAudience(rollout, rolloutOf(plan, population))) {
    found.push(`the flag ${plan.flag} is for other clients than was signed for`);
  }
  return found;
}

function sameAudience(a: Rollout, b: Rollout): boolean {
  const text = ({ stickiness, constraints }: Rollout) =>
    JSON.stringify([
      stickiness,
      constraints.map(({ field, operator, values }) => JSON.stringify([field, operator, [...values].sort()])).sort(),
    ]);
  return text(a) === text(b);
}
