import type { Files } from "../release/files.ts";
import type { JsonObject } from "../release/json.ts";
import { parseFile } from "../release/parse.ts";
import { configuredIn } from "../release/platform.ts";
import { pulledFrom } from "../release/registries.ts";
import type { Judges } from "../release/rules/allowed.ts";
import { StackFile, type StackSettings } from "../release/schema/stack.ts";
import type { RuleContext } from "./rule.ts";

const read = new WeakMap<Files, Map<string, StackSettings | undefined>>();

/** What rules over releases judge by. */
export function judgesOf({ catalogue, gate, stack, now, files }: RuleContext<unknown>): Judges {
  const settings = settingsOf(files, stack.name);
  return {
    catalogue,
    gate,
    stack,
    now,
    pulledFrom: (repository) => pulledFrom(settings?.["imprimatur:registries"] ?? {}, repository),
    configuredAs: (module) => {
      if (settings?.["imprimatur:modules"][module.name] === undefined) return undefined;
      return configuredIn(module, settings);
    },
    configuredBefore: ({ name }) => settings?.["imprimatur:previousValues"][name] as JsonObject | undefined,
  };
}

/** The stack's file beside the catalogue, read once; there is none where the stack is of another project. */
function settingsOf(files: Files, stack: string): StackSettings | undefined {
  const known = read.get(files) ?? new Map<string, StackSettings | undefined>();
  read.set(files, known);
  if (!known.has(stack)) known.set(stack, readSettings(files, `Pulumi.${stack}.yaml`));
  return known.get(stack);
}

/** Another project may have a stack of this name, with settings of its own. */
function readSettings(files: Files, file: string): StackSettings | undefined {
  const bytes = files.read(file);
  if (bytes === undefined || !new TextDecoder().decode(bytes).includes("imprimatur:")) return undefined;
  return parseFile(files, file, StackFile).config as StackSettings;
}
