import { InputError, type Problem } from "../release/errors.ts";
import { parseBytes } from "../release/parse.ts";
import { StackFile, StackSettings } from "../release/schema/stack.ts";

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
  refuseSecrets(secretKeys, file);
  const settings = Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => key.startsWith(OURS))
      .map(([key, text]) => [key, structured(text)]),
  );
  // As a file of its own, so that there is one reader, and its messages, for both.
  const bytes = new TextEncoder().encode(JSON.stringify({ config: settings }));
  try {
    return StackSettings.parse(parseBytes(bytes, file, StackFile).config);
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
