import type { StackInput } from "../engine/engine.ts";
import { nearestHint, refuseInput } from "../release/errors.ts";
import { isObject } from "../release/json.ts";
import { parseFile } from "../release/parse.ts";
import { type Platform, readPlatform } from "../release/platform.ts";
import { StackFile, type StackSettings } from "../release/schema/stack.ts";
import type { Context } from "./context.ts";
import { collectProblems } from "./problems.ts";
import { applySets, readSets } from "./whatIf.ts";

/** A stack that was asked for, read and checked: nothing about its settings can fail any more. */
export interface CheckedStack {
  readonly platform: Platform;
  readonly input: StackInput;
}

/**
 * Reads and checks stacks before anything is started.
 * @param names the stacks asked for; all that trust knows if there are none, in the order that it gives
 * @param sets `module=version` texts to judge as if they were pinned
 * @throws InputError with the problems of all stacks
 */
export function readStacks(
  context: Context,
  names: readonly string[],
  sets: readonly string[],
): readonly CheckedStack[] {
  const { catalogue } = context;
  const wanted = names.length === 0 ? catalogue.stackNames : [...new Set(names)];
  const files = collectProblems(wanted, (name) => ({ name, ...readStackFile(context, name) }));
  const settings = readSets(catalogue, sets);
  return collectProblems(files, ({ name, file, config }) => {
    const changed = applySets(catalogue, config, settings, file);
    return { platform: readPlatform(catalogue, name, changed, file), input: toInput(name, { ...config, ...changed }) };
  });
}

function readStackFile({ catalogue, files }: Context, name: string): { file: string; config: StackSettings } {
  catalogue.stack(name);
  const file = `Pulumi.${name}.yaml`;
  if (files.read(file) === undefined) {
    const present = catalogue.stackNames.filter((other) => files.read(`Pulumi.${other}.yaml`) !== undefined);
    const message = `there is no such file, so stack ${name} cannot be read`;
    refuseInput({
      file,
      path: "",
      message,
      ...nearestHint(
        file,
        present.map((other) => `Pulumi.${other}.yaml`),
      ),
    });
  }
  return { file, config: parseFile(files, file, StackFile).config };
}

/** What an engine is given: the settings by key, and apart from them the names of those that only a key can open. */
function toInput(name: string, config: Readonly<Record<string, unknown>>): StackInput {
  const entries = Object.entries(config);
  return {
    name,
    config: Object.fromEntries(entries.filter(([, value]) => !isEncrypted(value))),
    secretKeys: entries.filter(([, value]) => isEncrypted(value)).map(([key]) => key),
  };
}

/** Pulumi writes an encrypted value, at any depth, as an object with the one key `secure`. */
function isEncrypted(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isEncrypted);
  if (!isObject(value)) return false;
  return typeof value.secure === "string" || Object.values(value).some(isEncrypted);
}
