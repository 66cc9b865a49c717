import { isObject } from "../json.ts";
import { isUnknown } from "../unknown.ts";
import type { ImageUse } from "./podImages.ts";

const IMAGE_KEY = /image$/i;

/**
 * The images that chart values name, in the forms that charts commonly use: a text under a key that ends in `image`,
 * or an object with `repository` and `tag` or `digest`. What a chart makes of them only its rendering shows.
 */
export function chartImages(values: unknown): ImageUse[] {
  return isUnknown(values) ? [{ path: "values", image: undefined }] : scan(values, "values", "");
}

function scan(values: unknown, path: string, name: string): ImageUse[] {
  if (Array.isArray(values)) return values.flatMap((item, index) => scan(item, `${path}[${index}]`, name));
  if (!isObject(values)) return [];
  // An image with neither tag nor digest takes the tag that the chart chooses.
  const isImage = "tag" in values || "digest" in values || IMAGE_KEY.test(name);
  if (typeof values.repository === "string" && isImage) return [{ path, image: assembled(values) }];
  return Object.entries(values).flatMap(([key, value]) => {
    const at = `${path}.${key}`;
    if (!IMAGE_KEY.test(key) || typeof value === "object") return scan(value, at, key);
    if (isUnknown(value)) return [{ path: at, image: undefined }];
    return typeof value === "string" && value !== "" ? [{ path: at, image: value }] : [];
  });
}

/** `registry/repository:tag@digest`, from the parts that charts split it into; undefined where one is unknown. */
function assembled(parts: Record<string, unknown>): string | undefined {
  const { registry, repository, tag, digest } = parts;
  if ([registry, repository, tag, digest].some(isUnknown)) return undefined;
  const name = registry === undefined || registry === "" ? `${repository}` : `${registry}/${repository}`;
  const withTag = tag === undefined || tag === null || tag === "" ? name : `${name}:${tag}`;
  return digest === undefined || digest === null || digest === "" ? withTag : `${withTag}@${digest}`;
}
