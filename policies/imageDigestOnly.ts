import { chartImages } from "../release/kubernetes/chartImages.ts";
import { type ImageUse, podImages } from "../release/kubernetes/podImages.ts";
import { judgeImageDigests } from "../release/rules/imageDigestOnly.ts";
import { type JudgedResource, resourcePolicy } from "./rule.ts";

const RELEASE = /^kubernetes:helm\.sh\/v\d+:(Release|Chart)$/;

export const imageDigestOnly = resourcePolicy({
  name: "image-digest-only",
  description: "Above dev every image is pinned by its digest.",
  severity: "critical",
  framework: {
    name: "SLSA",
    version: "1.1",
    reference: "verifying-artifacts",
    specification: "What runs is the artifact that was verified, not another one of the same name.",
  },
  remediation: "Name the image as repository@sha256:…, with the image digest that its release manifest gives.",
  concerns: (type) => type.startsWith("kubernetes:"),
  judge: (resource, { stack }) => judgeImageDigests(imagesOf(resource), stack.class),
});

function imagesOf({ type, props }: JudgedResource): ImageUse[] {
  return RELEASE.test(type) ? chartImages(props.values) : podImages(props);
}
