import type { Catalogue } from "../catalogue.ts";
import { type ImageRef, parseImageRef } from "../imageRef.ts";
import { type ImageUse, imageWords } from "../kubernetes/podImages.ts";
import { fullRepository } from "../kubernetes/repository.ts";
import { asksForBlessing } from "../requirements.ts";
import type { Release } from "../schema/manifest.ts";
import type { Violation } from "../verdict.ts";
import { type Judges, knownRepositories, mayRun, refuseRelease } from "./allowed.ts";

/**
 * Every image is one of a release that is blessed for the stack, from a repository that the catalogue knows. Where the
 * stack asks for no blessing, only what has been revoked is refused.
 */
export function judgeImages(uses: readonly ImageUse[], judges: Judges): Violation[] {
  const strict = asksForBlessing(judges.catalogue.formality, judges.stack);
  return uses.flatMap((use) => {
    const { path, image, secret } = use;
    if (image === undefined) return strict ? [unknownImage(path)] : [];
    const ref = parseImageRef(image);
    if (ref === undefined) return strict ? [noReference(path)] : [];
    return judgeImage(ref, imageWords(use), secret ? "<repository>" : ref.repository, strict, judges);
  });
}

function judgeImage(
  { repository, digest }: ImageRef,
  what: string,
  shown: string,
  strict: boolean,
  judges: Judges,
): Violation[] {
  const { catalogue, stack } = judges;
  if (digest === undefined) {
    const message = `${what} has no digest, so no release can be told from it`;
    return strict ? [{ message, remedy: `write ${shown}@sha256:…, as the release manifest gives it` }] : [];
  }
  const releases = catalogue
    .releasesNaming(digest)
    .filter((release) => catalogue.modules.has(release.manifest.module) && imagesOf(release, digest).length > 0);
  if (releases.length === 0) {
    const message = `${what} is of no release in the catalogue, so nobody has blessed it for ${stack.name}`;
    return strict ? [{ message, remedy: "npx imprimatur cut <module> <version>, then have it blessed" }] : [];
  }
  const allowed = releases.filter((release) => mayRun(release, judges));
  if (allowed.length === 0) return [refuseRelease(what, releases.at(-1) as Release, judges)];
  if (!strict) return [];
  const own = allowed.flatMap((release) => imagesOf(release, digest));
  const isKnown = (repositories: readonly string[]) =>
    knownRepositories(repositories, judges).has(fullRepository(repository));
  // The module's own comes first: to look through the whole catalogue for each image would take long.
  if (isKnown(own) || isKnown(declaredRepositories(catalogue))) return [];
  const message = `${what} has the digest of a blessed image, but comes from a repository that the catalogue does not list`;
  return [{ message, remedy: `write ${judges.pulledFrom(own[0] ?? "")}@${digest}` }];
}

/** The repositories that a release has an image of this digest in. */
function imagesOf({ manifest }: Release, digest: string): string[] {
  return Object.values(manifest.images)
    .filter((image) => image.digest === digest)
    .map(({ repository }) => repository);
}

function declaredRepositories({ modules }: Catalogue): string[] {
  return [...modules.values()].flatMap(({ images }) => Object.values(images).map(({ repository }) => repository));
}

function unknownImage(path: string): Violation {
  return {
    message: `the image at ${path} cannot be known before an update, or is no text`,
    remedy: "write the whole reference, repository@sha256:…, as plain config and not as an output",
  };
}

function noReference(path: string): Violation {
  return {
    message: `what stands at ${path} is no image reference`,
    remedy: "write repository@sha256:…, as the release manifest gives it",
  };
}
