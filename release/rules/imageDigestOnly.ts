import { parseImageRef } from "../imageRef.ts";
import { type ImageUse, imageWords } from "../kubernetes/podImages.ts";
import type { EnvironmentClass } from "../schema/common.ts";
import type { Violation } from "../verdict.ts";

/**
 * Above `dev`, an image is named by its digest: a tag may be moved to other bytes after they were tested.
 * @returns a violation for each image that is not, or whose reference cannot be known yet
 */
export function judgeImageDigests(uses: readonly ImageUse[], stackClass: EnvironmentClass): Violation[] {
  if (stackClass === "bleed" || stackClass === "dev") return [];
  return uses.flatMap((use) => {
    const { path, image, secret } = use;
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
    // What is no reference may be anything that was put there by mistake, a secret too: it is not repeated.
    const message =
      ref === undefined
        ? `what stands at ${path} is no image reference`
        : `${imageWords(use)} is not pinned by its digest`;
    const repository = (secret ? undefined : ref?.repository) ?? "<repository>";
    return [{ message, remedy: `write ${repository}@sha256:…, the image digest that the release manifest gives` }];
  });
}
