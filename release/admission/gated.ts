import type { Catalogue } from "../catalogue.ts";
import type { Files } from "../files.ts";
import { parseFile } from "../parse.ts";
import { type Platform, readPlatform } from "../platform.ts";
import { StackFile, type StackSettings } from "../schema/stack.ts";

/**
 * The platform of a stack as its own file pins it, for whoever applies or judges its admission gate.
 * @throws InputError with every problem that could be found
 */
export function readGatedPlatform(catalogue: Catalogue, files: Files, stack: string): Platform {
  const file = `Pulumi.${stack}.yaml`;
  return readPlatform(catalogue, stack, parseFile(files, file, StackFile).config as StackSettings, file);
}
