import { z } from "zod";
import { chartImages } from "../release/kubernetes/chartImages.ts";
import { type ImageUse, podImages } from "../release/kubernetes/podImages.ts";
import { judgeImageDigests } from "../release/rules/imageDigestOnly.ts";
import { resourcePolicy } from "./adapter.ts";
import type { JudgedResource } from "./rule.ts";

const CHART = /^kubernetes:helm\.sh\/v\d+:(Release|Chart)$/;

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
  tags: ["SLSA", "images"],
  remediation: "Name the image as repository@sha256:…, with the image digest that its release manifest gives.",
  settings: z.object({}),
  concerns: (type) => type.startsWith("kubernetes:"),
  judge: (resource, { stack }) => judgeImageDigests(imagesOf(resource), stack.class),
});

function imagesOf({ type, props }: JudgedResource): ImageUse[] {
  return CHART.test(type) ? chartImages(props.values) : podImages(props);
}
