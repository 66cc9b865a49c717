import { nearestHint, refuseInput } from "../../release/errors.ts";
import type { EvidenceType } from "../../release/evidence/types.ts";
import type { StatementSubject } from "../../release/signing/statement.ts";
import { imageRef } from "../../release/values.ts";
import { type NamedRelease, releaseText } from "../candidate.ts";

/** What evidence is about, and which images of the release it leaves out. */
export interface Subjects {
  readonly subjects: readonly StatementSubject[];
  readonly uncovered: readonly string[];
}

const hex = (digest: string) => digest.slice("sha256:".length);

/**
 * The subjects of evidence: the manifest or, for a type that is per image, the images that were named, all by default.
 * @throws InputError for an image that the release does not have, or where the type is about the manifest
 */
export function subjectsOf(named: NamedRelease, type: EvidenceType, images: readonly string[]): Subjects {
  const { release } = named;
  if (!type.perImage) {
    if (images.length > 0) {
      const message = "this type of evidence is about the release as a whole: leave --image out";
      refuseInput({ file: "--image", path: "", message, value: images.join(", ") });
    }
    return { subjects: [{ name: releaseText(named), sha256: hex(release.manifestDigest) }], uncovered: [] };
  }
  const known = release.manifest.images;
  const names = Object.keys(known).sort();
  if (names.length === 0) {
    refuseInput({ file: "--type", path: "", message: `is about images, and ${releaseText(named)} has none` });
  }
  const wanted = images.length === 0 ? names : [...new Set(images)].sort();
  const subjects = wanted.map((name) => {
    const image = Object.hasOwn(known, name) ? known[name] : undefined;
    if (image === undefined) {
      const message = `is no image of ${releaseText(named)}`;
      refuseInput({ file: "--image", path: "", message, value: name, ...nearestHint(name, names) });
    }
    return { name: imageRef(image), sha256: hex(image.digest) };
  });
  return { subjects, uncovered: names.filter((name) => !wanted.includes(name)) };
}

/**
 * What a file says that it is about has to be of the release.
 * @throws InputError where it names other artifacts only, or another source commit
 */
export function checkAbout(
  named: NamedRelease,
  file: string,
  { about, commit }: { readonly about?: readonly string[]; readonly commit?: string },
): void {
  const { manifest, manifestDigest } = named.release;
  const artifacts = [manifest.chart, ...Object.values(manifest.images), ...Object.values(manifest.content)];
  const known = [manifestDigest, ...artifacts.flatMap((artifact) => artifact?.digest ?? [])].map(hex);
  if (about !== undefined && about.length > 0 && !about.some((digest) => known.includes(digest))) {
    const message = `is about artifacts that are not of ${releaseText(named)}`;
    refuseInput({ file, path: "subject", message, value: about[0] ?? "" });
  }
  if (commit !== undefined && commit !== manifest.commit) {
    const message = `is about another commit than ${releaseText(named)} was cut from`;
    refuseInput({ file, path: "", message, value: commit, nearest: manifest.commit });
  }
}
