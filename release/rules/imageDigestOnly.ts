import { parseImageRef } from "../imageRef.ts";
import type { ImageUse } from "../kubernetes/podImages.ts";
import type { EnvironmentClass } from "../schema/common.ts";
import type { Violation } from "../verdict.ts";

/**
 * Above `dev`, an image is named by its digest: a tag may be moved to other bytes after they were tested.
 * @returns a violation for each image that is not, or whose reference cannot be known yet
 */
export function judgeImageDigests(uses: readonly ImageUse[], stackClass: EnvironmentClass): Violation[] {
  if (stackClass === "bleed" || stackClass === "dev") return [];
  return uses.flatMap(({ path, image }) => {
    if (image === undefined) {
      return [
        {
          message: `the image at ${path} cannot be known before an update`,
          remedy: "write the whole reference, repository@sha256:…, as plain config and not as an output",
        },
      ];
    }
    const ref = parseImageRef(image);
    if (ref?.digest !== undefined) return [];
    const why = ref === undefined ? "is no image reference" : "is not pinned by its digest";
    const repository = ref?.repository ?? "<repository>";
    return [
      {
        message: `the image ${JSON.stringify(image)} at ${path} ${why}`,
        remedy: `write ${repository}@sha256:…, the image digest that the release manifest gives`,
      },
    ];
  });
}
