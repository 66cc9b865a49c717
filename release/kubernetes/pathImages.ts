import { z } from "zod";
import { isObject } from "../json.ts";
import { isUnknown } from "../unknown.ts";
import type { ImageUse } from "./podImages.ts";

/** A place in an object: keys joined by dots, `[*]` for every item of a list, such as `spec.steps[*].runner.image`. */
export const JsonPath = z
  .string()
  .regex(/^[\w-]+(\[\*\])*(\.[\w-]+(\[\*\])*)*$/, "must be keys joined by dots, with [*] for every item of a list");

/**
 * The images at given places of an object: for custom kinds that embed no Pod. A place that is not there has no image;
 * what is unknown or no text has one that cannot be judged.
 */
export function pathImages(object: unknown, paths: readonly string[]): ImageUse[] {
  return paths.flatMap((path) => follow(object, path.match(/[\w-]+|\[\*\]/g) ?? [], ""));
}

function follow(value: unknown, steps: readonly string[], path: string): ImageUse[] {
  if (isUnknown(value)) return [{ path, image: undefined }];
  if (value === undefined || value === null) return [];
  const [step, ...rest] = steps;
  if (step === undefined) return [{ path, image: typeof value === "string" ? value : undefined }];
  if (step === "[*]" && Array.isArray(value)) return value.flatMap((item, n) => follow(item, rest, `${path}[${n}]`));
  if (step !== "[*]" && isObject(value)) return follow(value[step], rest, path === "" ? step : `${path}.${step}`);
  return [{ path, image: undefined }];
}
