import { openPlace, type Unleash } from "../clients/unleash.ts";
import { refuseInput } from "../release/errors.ts";
import type { Platform } from "../release/platform.ts";

/**
 * The Unleash of a stack.
 * @throws InputError where the stack has none, or no token is given
 */
export function openUnleash({ stack, settings }: Platform, env: NodeJS.ProcessEnv = process.env): Unleash {
  const place = settings["imprimatur:unleash"];
  if (place === undefined) {
    const message = "names no Unleash: {url, project, environment}";
    refuseInput({ file: `Pulumi.${stack.name}.yaml`, path: "config.imprimatur:unleash", message });
  }
  return openPlace(place, env);
}
