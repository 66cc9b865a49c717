import type { ImageUse } from "../kubernetes/podImages.ts";
import { asksForBlessing } from "../requirements.ts";
import { imageRef } from "../values.ts";
import type { Violation } from "../verdict.ts";
import { type Judges, mayRun, refuseRelease } from "./allowed.ts";
import { describeStanding } from "./blessed.ts";
import { findClaimed, type ReleaseClaim } from "./claim.ts";
import { judgeConfigured } from "./configured.ts";

/**
 * A component of ours stands for exactly the release that it names, which may run in the stack: configured as it says,
 * where it says so.
 * @param configHash absent where a component has no configuration, as are its chart values
 */
export function judgeClaim(claim: ReleaseClaim, judges: Judges, configHash?: string, values?: unknown): Violation[] {
  const { catalogue, gate, stack } = judges;
  const found = findClaimed(catalogue, claim);
  if ("violation" in found) return asksForBlessing(catalogue.formality, stack) ? [found.violation] : [];
  const { module, release } = found;
  if (configHash === undefined) {
    return mayRun(release, judges) ? [] : [refuseRelease("it", release, judges)];
  }
  const standing = gate.standing({ module, release, configHash }, stack);
  if (!standing.allowed) return [describeStanding(module, release, stack, standing)];
  if (!asksForBlessing(catalogue.formality, stack)) return [];
  return judgeConfigured(module, release, { values, claimed: configHash }, judges);
}

/** An image that a component of ours declares is, by that name, an image of the release that it names. */
export function judgeClaimedImage(
  claim: ReleaseClaim,
  name: string,
  image: { readonly repository: string; readonly digest: string },
  judges: Judges,
): Violation[] {
  const violations = judgeClaim(claim, judges);
  const found = findClaimed(judges.catalogue, claim);
  if (violations.length > 0 || "violation" in found) return violations;
  const own = found.release.manifest.images[name];
  const pulled = own && { ...own, repository: judges.pulledFrom(own.repository) };
  if (own !== undefined && [own, pulled].some((known) => known && imageRef(known) === imageRef(image))) return [];
  const words = `${claim.module} ${claim.version}`;
  if (own === undefined)
    return [{ message: `${words} has no image ${name}`, remedy: "take the name from the release manifest" }];
  const message = `${words} has the image ${name} as ${imageRef(own)}, not as ${imageRef(image)}`;
  return [{ message, remedy: `write ${imageRef(own)}` }];
}

/** The images that a component of ours publishes for users or services to pick from. */
export function publishedImages(images: Readonly<Record<string, unknown>>, path: string): ImageUse[] {
  return Object.entries(images).map(([name, image]) => ({
    path: `${path}.${name}`,
    image: typeof image === "string" ? image : undefined,
  }));
}
