import type { Catalogue } from "../catalogue.ts";
import { CLASSES } from "../schema/common.ts";

/**
 * The stack that releases reach this one from: the one that it mirrors or else, of those that trust lists before it, the
 * last one of a less formal class. Undefined where a stack is the first on the way.
 */
export function feederOf(catalogue: Catalogue, stack: string): string | undefined {
  const own = catalogue.stack(stack);
  if (own.mirrors !== undefined) return own.mirrors;
  const formality = (name: string) => CLASSES.indexOf(catalogue.stack(name).class);
  const before = catalogue.stackNames.slice(0, catalogue.stackNames.indexOf(stack));
  return before.filter((name) => formality(name) < formality(stack)).at(-1);
}
