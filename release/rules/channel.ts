import type { Catalogue } from "../catalogue.ts";
import { admitsChannel, channelFloor } from "../channels.ts";
import type { TrustedStack } from "../schema/trust.ts";
import type { Violation } from "../verdict.ts";

/** What a component says of the release that it stands for. Its channel is not taken from here but from the manifest. */
export interface ReleaseClaim {
  readonly module: string;
  readonly version: string;
  readonly manifestDigest: string;
}

/**
 * A release whose channel the stack's class does not admit for the module's purpose is refused;
 * so is one that the catalogue does not know, or knows with other bytes.
 */
export function judgeChannel(catalogue: Catalogue, stack: TrustedStack, claim: ReleaseClaim): Violation[] {
  const { module: name, version, manifestDigest } = claim;
  const module = catalogue.modules.get(name);
  const release = module === undefined ? undefined : catalogue.release(name, version);
  if (module === undefined || release === undefined) {
    return [
      {
        message: `${name} ${version} is not in the catalogue, so its channel cannot be judged`,
        remedy: `npx imprimatur cut ${name} ${version}`,
      },
    ];
  }
  if (release.manifestDigest !== manifestDigest) {
    return [
      {
        message: `${name} ${version} has the manifest digest ${release.manifestDigest} in the catalogue, not ${manifestDigest}`,
        remedy: `pin ${version}@${release.manifestDigest}`,
      },
    ];
  }
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
