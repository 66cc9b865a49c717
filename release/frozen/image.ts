import { z } from "zod";
import { Digest, Name } from "../schema/common.ts";
import { TIGHTNESS } from "./requirements.ts";

/** Where the requirements of an environment are delivered. */
const RequirementSource = z.strictObject({
  url: z
    .string()
    .regex(/^https?:\/\/[^\s]+$/, "must be an http or https URL; {cal} and {env} in it are filled in")
    .describe("{cal} is the CAL version, {env} the environment"),
  contact: z.string().min(1).describe("Whom to ask where it does not answer"),
  needs: z.string().optional().describe("What it takes to reach it, such as the VPN"),
});

const ImageEnvironment = z.strictObject({
  kind: z.enum(["pip", "conda", "npm"]),
  prefix: z.string().startsWith("/").optional().describe("Where it is in the image; /opt/envs/<name> by default"),
  kernel: z.string().min(1).optional().describe("Name of its Jupyter kernel, which notebooks are run with"),
  source: RequirementSource.optional(),
});
export type ImageEnvironment = z.infer<typeof ImageEnvironment>;

/** `deployments/<mission>/image.yaml`: what a frozen image is made of. */
export const ImageFile = z
  .strictObject({
    module: Name.describe("The module that it belongs to"),
    image: Name.describe("What its manifests call it"),
    base: z
      .string()
      .regex(/^[^\s@]+@sha256:[0-9a-f]{64}$/, "must be <repository>@sha256:<64 lower-case hex digits>")
      .describe("The image that it is built on, by digest; the Dockerfile gets it as BASE"),
    platform: z.string().regex(/^[a-z]+\/[a-z0-9]+(\/v\d)?$/, "must be such as linux/amd64"),
    debian: z.boolean().default(true).describe("Whether it has Debian packages, which are then recorded"),
    environments: z.record(Name, ImageEnvironment),
  })
  .meta({ title: "Imprimatur frozen image" });
export type ImageFile = z.infer<typeof ImageFile>;

/** CAL_VERSION: a version, or a word. `none` leaves the floating requirements alone, `latest` takes development versions. */
export const CalVersion = z.string().regex(/^(none|latest|\d[\w.+-]*)$/, "must be a version, none or latest");

/** How an image is built next: what `image configure` has been told. */
export const ImageSettings = z.strictObject({
  mission: Name,
  useFrozen: z.enum(TIGHTNESS),
  freezeChill: z.boolean(),
  calVersion: CalVersion,
});
export type ImageSettings = z.infer<typeof ImageSettings>;

/** The build that was last brought to its end. */
export const ImageBuild = z.strictObject({
  tightness: z.enum(TIGHTNESS),
  /** The builder's own id of the image. */
  image: Digest,
  builder: z.enum(["docker", "buildah"]),
  /** Freeze record that it was built from; null for a build that is not frozen. */
  record: Digest.nullable(),
});
export type ImageBuild = z.infer<typeof ImageBuild>;
