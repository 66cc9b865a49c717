import type { z } from "zod";
import type { StackInput } from "../engine/engine.ts";
import { readGatedPlatform } from "../release/admission/gated.ts";
import { nearestHint, refuseInput } from "../release/errors.ts";
import { isObject } from "../release/json.ts";
import { parseFile } from "../release/parse.ts";
import { type Platform, readPlatform } from "../release/platform.ts";
import { GateStackFile, StackFile } from "../release/schema/stack.ts";
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
 * @param names the stacks asked for; all environments that trust knows if there are none, in the order that it gives.
 *   Admission gates come behind them.
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
  const gates = wanted.filter((name) => catalogue.gateNames.includes(name));
  const environments = wanted.filter((name) => !gates.includes(name));
  const files = collectProblems(environments, (name) => ({ name, ...readStackFile(context, name, StackFile) }));
  const settings = readSets(catalogue, sets);
  const checked = collectProblems(files, ({ name, file, config }) => {
    const changed = applySets(catalogue, config, settings, file);
    return { platform: readPlatform(catalogue, name, changed, file), input: toInput(name, { ...config, ...changed }) };
  });
  return [...checked, ...collectProblems(gates, (name) => readGate(context, name))];
}

/** A stack that applies an admission gate: it pins nothing itself, and what it is made from can be read. */
function readGate(context: Context, name: string): CheckedStack {
  const { catalogue, files } = context;
  const { config } = readStackFile(context, name, GateStackFile);
  const stack = catalogue.stack(name);
  const gated = readGatedPlatform(catalogue, files, stack.gates ?? "");
  return { platform: { ...gated, stack, modules: new Map() }, input: toInput(name, config) };
}

function readStackFile<Config>(
  { catalogue, files }: Context,
  name: string,
  schema: z.ZodType<{ readonly config: Config }>,
): { file: string; config: Config } {
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
  return { file, config: parseFile(files, file, schema).config };
}

/** The stacks that were asked for or, if none was, all: environments, and the admission gates that are set up. */
export function namesOrAll({ catalogue, files }: Context, names: readonly string[]): readonly string[] {
  if (names.length > 0) return names;
  const gates = catalogue.gateNames.filter((name) => files.read(`Pulumi.${name}.yaml`) !== undefined);
  return [...catalogue.stackNames, ...gates];
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
