import type { Files } from "./files.ts";
import { parseFile, parseJsonFile } from "./parse.ts";
import { Plan, planFile } from "./plan.ts";
import { type Mirror, mirrorOf } from "./rules/environmentParity.ts";
import { type Difference, ParityFile } from "./schema/parity.ts";

const PARITY_FILE = "catalog/parity.yaml";

/** The plan that is committed of a stack; undefined where there is none. @throws InputError where it is malformed */
export function readPlan(files: Files, stack: string): Plan | undefined {
  const path = planFile(stack);
  return files.read(path) === undefined ? undefined : parseJsonFile(files, path, Plan);
}

/** What the catalogue says may differ between environments. @throws InputError where that is malformed */
export function declaredDifferences(files: Files): readonly Difference[] {
  return files.read(PARITY_FILE) === undefined ? [] : parseFile(files, PARITY_FILE, ParityFile).differences;
}

/**
 * The stack that another one mirrors, by its committed plan; undefined where none is committed.
 * @throws InputError where the plan, or what may differ, is malformed
 */
export function readMirror(files: Files, stack: string): Mirror | undefined {
  const plan = readPlan(files, stack);
  return plan === undefined ? undefined : mirrorOf(plan, declaredDifferences(files));
}
