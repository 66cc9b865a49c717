import type { Catalogue } from "../../release/catalogue.ts";
import { parseImageRef } from "../../release/imageRef.ts";
import type { RenderedImage } from "../../release/kubernetes/rendered.ts";

/** An image that a chart leads to, and which release of the catalogue it is of. */
export interface InspectedImage {
  readonly image: string;
  /** Objects and hooks that it stands in. */
  readonly where: string[];
  /** `<module> <version>`; empty where it is pinned to no image of any release. */
  readonly releases: string[];
}

const NO_TEXT = "(no text)";

/** Each image once, sorted, with the releases of the catalogue that it is of. */
export function inspectImages(images: readonly RenderedImage[], catalogue: Catalogue): InspectedImage[] {
  const groups = Map.groupBy(images, ({ image }) => image ?? NO_TEXT);
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([image, uses]) => ({
      image,
      where: uses.map(({ where }) => where).sort(),
      releases: releasesOf(image, catalogue),
    }));
}

function releasesOf(image: string, catalogue: Catalogue): string[] {
  const digest = parseImageRef(image)?.digest;
  if (digest === undefined) return [];
  return catalogue
    .releasesNaming(digest)
    .filter(({ manifest }) => Object.values(manifest.images).some((artifact) => artifact.digest === digest))
    .map(({ manifest }) => `${manifest.module} ${manifest.version}`);
}
