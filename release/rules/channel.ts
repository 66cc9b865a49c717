import type { Catalogue } from "../catalogue.ts";
import { admitsChannel, channelFloor } from "../channels.ts";
import type { TrustedStack } from "../schema/trust.ts";
import type { Violation } from "../verdict.ts";
import { findClaimed, type ReleaseClaim } from "./claim.ts";

/**
 * A release whose channel the stack's class does not admit for the module's purpose is refused;
 * so is one that the catalogue does not know, or knows with other bytes. The channel is the manifest's, whatever is claimed.
 */
export function judgeChannel(catalogue: Catalogue, stack: TrustedStack, claim: ReleaseClaim): Violation[] {
  const found = findClaimed(catalogue, claim);
  if ("violation" in found) return [found.violation];
  const { module, release } = found;
  const { module: name, version } = claim;
  const { channel } = release.manifest;
  if (admitsChannel(catalogue.channels, module.purpose, stack.class, channel)) return [];
  const floor = channelFloor(catalogue.channels, module.purpose, stack.class);
  const article = /^[aeo]/.test(module.purpose) ? "an" : "a";
  return [
    {
      message: `${name} ${version} is of channel ${channel}; ${stack.class} admits ${article} ${module.purpose} module from ${floor} on`,
      remedy: `promote a release of channel ${floor} or higher: ${suggest(catalogue, stack, name)}`,
    },
  ];
}

/** The newest release that would be admitted, as the command that previews it. */
function suggest(catalogue: Catalogue, stack: TrustedStack, name: string): string {
  const purpose = catalogue.modules.get(name)?.purpose ?? "service";
  const admitted = catalogue
    .releases(name)
    .filter(({ manifest }) => admitsChannel(catalogue.channels, purpose, stack.class, manifest.channel));
  const best = admitted.at(-1);
  return best === undefined
    ? "there is none yet"
    : `npx imprimatur preview ${stack.name} --set ${name}=${best.manifest.version}`;
}
