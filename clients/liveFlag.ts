import { openPlace, type TokenlessPlace } from "./unleash.ts";

/** A flag that is switched at once, as the program declares it. */
interface LiveFlag extends TokenlessPlace {
  readonly flag: string;
  readonly description: string;
}

/**
 * Makes a flag that is off, or gives one that is there its description. Whether it is on, and for whom, stays.
 * @throws InputError where there is no token, or the server refuses
 */
export async function makeLiveFlag(declared: LiveFlag, env = process.env): Promise<void> {
  const unleash = openPlace(declared, env);
  await unleash.createFlag(declared.flag, declared.description, "release");
  await unleash.describeFlag(declared.flag, declared.description);
}

/** Switches the flag off here, and takes it away where it is on in no other environment of the project. */
export async function removeLiveFlag(declared: LiveFlag, env = process.env): Promise<void> {
  await openPlace(declared, env).withdrawFlag(declared.flag);
}
