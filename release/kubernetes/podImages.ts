import { isObject } from "../json.ts";
import { isUnknown } from "../unknown.ts";

/** An image that an object would run or mount, and where in the object it stands. */
export interface ImageUse {
  readonly path: string;
  /** The reference as written; undefined where it cannot be known yet or is no text. */
  readonly image: string | undefined;
  /** Set where the program marked the reference as secret: then it stands in no message. */
  readonly secret?: boolean;
}

/** An image as messages name it. */
export function imageWords({ path, image, secret }: ImageUse): string {
  return secret || image === undefined ? `the image at ${path}` : `the image ${JSON.stringify(image)} at ${path}`;
}

/** Keys that hold containers, in Pods and in the templates of the kinds that make Pods, Argo's and Knative's among them. */
const CONTAINER_KEYS: ReadonlySet<string> = new Set([
  "container",
  "containers",
  "initContainers",
  "ephemeralContainers",
  "sidecars",
  "script",
]);

/** Keys on the way from an object to its containers: if one is unknown, so are the images. */
const WAY_KEYS: ReadonlySet<string> = new Set(["spec", "template", "templates", "jobTemplate", "items", "volumes"]);

/**
 * Every image of a Kubernetes object, of whatever kind: containers, init and ephemeral containers, image volumes,
 * also inside templates and lists. It looks at the shape and not at a table of kinds, so that a custom
 * resource which embeds a Pod is judged as well.
 */
export function podImages(object: unknown): ImageUse[] {
  return scan(object, "");
}

function scan(value: unknown, path: string): ImageUse[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => scan(item, `${path}[${index}]`));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const at = path === "" ? key : `${path}.${key}`;
    if (CONTAINER_KEYS.has(key)) {
      // In the spec of a Pod it can only be a list; elsewhere a field of this name may be anything.
      const malformed = key.endsWith("ontainers") && /(^|\.)spec$/.test(path) && typeof inner !== "object";
      return malformed ? [{ path: at, image: undefined }] : containerImages(inner, at);
    }
    if (WAY_KEYS.has(key) && isUnknown(inner)) return [{ path: at, image: undefined }];
    if (key === "volumes" && Array.isArray(inner))
      return inner.flatMap((volume, n) => volumeImage(volume, `${at}[${n}]`));
    return scan(inner, at);
  });
}

function containerImages(value: unknown, path: string): ImageUse[] {
  if (isUnknown(value)) return [{ path, image: undefined }];
  if (Array.isArray(value)) return value.flatMap((item, index) => containerImages(item, `${path}[${index}]`));
  if (!isObject(value)) return [];
  // A patch may name a container and leave its image alone.
  const own = "image" in value ? [{ path: `${path}.image`, image: textOf(value.image) }] : [];
  const { image: _, ...rest } = value;
  return [...own, ...scan(rest, path)];
}

function volumeImage(volume: unknown, path: string): ImageUse[] {
  if (isUnknown(volume)) return [{ path, image: undefined }];
  if (!isObject(volume) || !("image" in volume)) return scan(volume, path);
  const reference = isObject(volume.image) ? volume.image.reference : volume.image;
  return [{ path: `${path}.image.reference`, image: textOf(reference) }];
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && !isUnknown(value) ? value : undefined;
}
