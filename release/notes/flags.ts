import type { FlagMaturity } from "../schema/flags.ts";
import type { Module, ModuleFile } from "../schema/module.ts";

/** A flag that came or went. */
export interface NotedFlag {
  readonly flag: string;
  readonly description: string;
  readonly maturity: FlagMaturity;
}

/** Which flags a module has that it had not, and the other way round. */
export function flagChanges(
  before: Pick<ModuleFile, "flags">,
  after: Pick<Module, "flags">,
): { readonly flagsIn: NotedFlag[]; readonly flagsOut: NotedFlag[] } {
  return { flagsIn: onlyIn(after.flags, before.flags), flagsOut: onlyIn(before.flags, after.flags) };
}

function onlyIn(some: ModuleFile["flags"], others: ModuleFile["flags"]): NotedFlag[] {
  return Object.entries(some)
    .filter(([flag]) => !(flag in others))
    .map(([flag, { description, maturity }]) => ({ flag, description, maturity }));
}
