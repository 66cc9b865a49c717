import { z } from "zod";
import { isObject } from "../release/json.ts";
import { JsonPath } from "../release/kubernetes/pathImages.ts";
import type { Judges } from "../release/rules/allowed.ts";
import { judgeClaim, judgeClaimedImage, publishedImages } from "../release/rules/blessedClaim.ts";
import { judgeImages } from "../release/rules/blessedImages.ts";
import { isUnknown } from "../release/unknown.ts";
import type { Violation } from "../release/verdict.ts";
import { resourcePolicy } from "./adapter.ts";
import { BLESSED_IMAGE, CHART_RELEASES, NO_CLAIM, PUBLISHED_RELEASE, RELEASES, readClaim } from "./claim.ts";
import { imagesOf } from "./images.ts";
import { judgesOf } from "./judges.ts";

const OURS = new Set([...RELEASES, BLESSED_IMAGE]);

const Image = z.object({ name: z.string(), repository: z.string(), digest: z.string() });

export const blessedImages = resourcePolicy({
  name: "blessed-images",
  description: "Every image that a stack runs, mounts or offers is of a release that is blessed for it.",
  severity: "critical",
  framework: {
    name: "SLSA",
    version: "1.1",
    reference: "verification_summary",
    specification: "An artifact is used only if a trusted verifier's summary says that it passed, for this use.",
  },
  tags: ["SLSA", "NIST SSDF", "images"],
  remediation:
    "Run an image of a blessed release, or supply what `imprimatur requires` names and have the release blessed.",
  settings: z.object({
    paths: z
      .record(z.string().regex(/^[^/\s]+\/[A-Z]\w*$/, "must be <group>/<Kind>"), z.array(JsonPath))
      .default({})
      .describe(
        "Where custom kinds that embed no Pod name images: <group>/<Kind> to paths such as spec.steps[*].image",
      ),
  }),
  concerns: (type) => type.startsWith("kubernetes:") || OURS.has(type),
  judge: (resource, context) =>
    OURS.has(resource.type)
      ? judgeOurs(resource.type, resource.props, judgesOf(context))
      : judgeImages(imagesOf(resource, context.settings.paths), judgesOf(context)),
});

function judgeOurs(type: string, props: Readonly<Record<string, unknown>>, judges: Judges): readonly Violation[] {
  const claim = readClaim(props);
  if (claim === undefined) return [NO_CLAIM];
  if (CHART_RELEASES.has(type)) {
    const { configHash, values } = props;
    if (typeof configHash === "string" && !isUnknown(configHash)) return judgeClaim(claim, judges, configHash, values);
    const message = "its configHash cannot be known before an update";
    return [{ message, remedy: "give the module's values as plain config, and their hash with them" }];
  }
  if (type === PUBLISHED_RELEASE) return [...judgeClaim(claim, judges), ...judgePublished(props, judges)];
  const image = Image.safeParse(props);
  if (image.success && !Object.values(image.data).some(isUnknown)) {
    return judgeClaimedImage(claim, image.data.name, image.data, judges);
  }
  const message = "its name, repository and digest cannot all be known before an update";
  return [{ message, remedy: "take the image from the release manifest" }];
}

/** What users or services pick from at run time: the current release, and what they fall back on. */
function judgePublished(props: Readonly<Record<string, unknown>>, judges: Judges): readonly Violation[] {
  return ["current", "previous"].flatMap((which) => {
    const published = props[which];
    if (published === undefined) return [];
    const images = isObject(published) ? published.images : undefined;
    if (isObject(images)) return judgeImages(publishedImages(images, `${which}.images`), judges);
    const message = `the images of its ${which} release cannot be known before an update`;
    return [{ message, remedy: "take them from the release manifest" }];
  });
}
