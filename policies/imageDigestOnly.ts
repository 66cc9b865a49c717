import { z } from "zod";
import { judgeImageDigests } from "../release/rules/imageDigestOnly.ts";
import { resourcePolicy } from "./adapter.ts";
import { imagesOf } from "./images.ts";

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
