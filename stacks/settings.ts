import type { z } from "zod";
import { InputError, type Problem } from "../release/errors.ts";
import { parseBytes } from "../release/parse.ts";
import { GateSettings, GateStackFile, StackFile, StackSettings } from "../release/schema/stack.ts";

const OURS = "imprimatur:";

/**
 * Reads the settings of a stack from Pulumi's configuration, with the schema that also checks the stack file.
 * @param config every setting by its full key; structured ones as JSON, which is how Pulumi hands them over
 * @param secretKeys full keys of the settings that are encrypted
 * @param file the stack's file, for messages
 * @throws InputError with every problem that could be found
 */
export function readSettings(
  config: Readonly<Record<string, string>>,
  secretKeys: readonly string[],
  file: string,
): StackSettings {
  return StackSettings.parse(readConfig(config, secretKeys, file, StackFile));
}

/** As {@link readSettings}, of a stack that applies an admission gate. */
export function readGateSettings(
  config: Readonly<Record<string, string>>,
  secretKeys: readonly string[],
  file: string,
): GateSettings {
  return GateSettings.parse(readConfig(config, secretKeys, file, GateStackFile));
}

/** The part of the configuration that is ours, once the schema of the file has nothing to say against it. */
function readConfig(
  config: Readonly<Record<string, string>>,
  secretKeys: readonly string[],
  file: string,
  schema: typeof StackFile | typeof GateStackFile,
): unknown {
  refuseSecrets(secretKeys, file);
  const settings = Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => key.startsWith(OURS))
      .map(([key, text]) => [key, structured(text)]),
  );
  // As a file of its own, so that there is one reader, and its messages, for both.
  const bytes = new TextEncoder().encode(JSON.stringify({ config: settings }));
  try {
    return parseBytes<z.ZodType<{ config: unknown }>>(bytes, file, schema).config;
  } catch (error) {
    // The lines are not those of the file that the user wrote.
    throw error instanceof InputError ? new InputError(error.problems.map(withoutLine)) : error;
  }
}

/** What is not JSON is text; the schema then says what belongs there. */
function structured(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function withoutLine({ line: _, ...problem }: Problem): Problem {
  return problem;
}

/** Settings end up in plans, in votes and in the state as plain text. */
function refuseSecrets(secretKeys: readonly string[], file: string): void {
  const keys = secretKeys.filter((key) => key.startsWith(OURS));
  if (keys.length === 0) return;
  const message = "holds an encrypted value, and would show it: keep it in a Secret of the cluster, and name that here";
  throw new InputError(keys.map((key) => ({ file, path: `config.${key}`, message })));
}
