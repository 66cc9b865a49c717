import { openPlace, type Rollout, type TokenlessPlace } from "./unleash.ts";

/** The flag that holds the population of a module's canaries, as the program declares it. */
interface PopulationFlag extends TokenlessPlace {
  readonly flag: string;
  readonly description: string;
  /** Populations in percent, rising. */
  readonly ladder: readonly number[];
  readonly stickiness: Rollout["stickiness"];
  readonly constraints: Rollout["constraints"];
}

/**
 * Makes a flag that is on for nobody, or gives one that is there its clients as declared. A population on the ladder stays;
 * one between two rungs falls to the lower: an update of the program never gives the canary to more than have it.
 * @throws InputError where there is no token, or the server refuses
 */
export async function makePopulationFlag(declared: PopulationFlag, env = process.env): Promise<void> {
  const { flag, description, ladder, stickiness, constraints } = declared;
  const unleash = openPlace(declared, env);
  await unleash.createFlag(flag, description, "release");
  const found = await unleash.flag(flag);
  const sound = found?.enabled === true && found.foreign.length === 0 && found.rollouts.length === 1;
  const population = sound ? (found.rollouts[0]?.percentage ?? 0) : 0;
  const percentage = ladder.findLast((rung) => rung <= population) ?? 0;
  await unleash.setRollout(flag, { percentage, stickiness, constraints });
  await unleash.switchFlag(flag, true);
}

/** Switches the flag off here, so that everybody gets the stable version; takes it away where it is on in no other environment. */
export async function removePopulationFlag(declared: PopulationFlag, env = process.env): Promise<void> {
  await openPlace(declared, env).withdrawFlag(declared.flag);
}
