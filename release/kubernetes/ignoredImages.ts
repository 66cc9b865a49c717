import { isObject } from "../json.ts";
import type { ImageUse } from "./podImages.ts";

/** Inputs of a Helm release or chart that decide which images it runs, whatever its values say. */
const CHART_INPUTS = new Set([
  "chart",
  "version",
  "repositoryOpts",
  "postrender",
  "postRenderer",
  "valueYamlFiles",
  "fetchOpts",
  "path",
]);

/**
 * Of the paths that a resource ignores changes of, those that reach an image: then what runs is not what is declared.
 * @param uses the images of the resource, by path
 */
export function pathsThatHideImages(
  ignored: readonly string[],
  uses: readonly ImageUse[],
  { props, chart }: { readonly props: Readonly<Record<string, unknown>>; readonly chart: boolean },
): string[] {
  const images = uses.map(({ path }) => propertySteps(path));
  return ignored.filter((path) => {
    const steps = propertySteps(path);
    const [first = "*"] = steps;
    if (chart && (first === "*" || CHART_INPUTS.has(first))) return true;
    // Values that are left out today may hold an image tomorrow.
    if (chart && first === "values" && (steps.length === 1 || !isObject(props.values))) return true;
    return images.some((image) => meet(steps, image));
  });
}

/** Whether one path leads to the other, or both to the same place. */
function meet(a: readonly string[], b: readonly string[]): boolean {
  const length = Math.min(a.length, b.length);
  return a.slice(0, length).every((step, index) => step === b[index] || step === "*" || b[index] === "*");
}

/** The steps of a property path as Pulumi writes it: `spec.containers[0].image`, `data["a.b"]`, `spec.containers[*]`. */
export function propertySteps(path: string): string[] {
  return [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]|([^.[\]]+)/g)].map(
    ([, quoted, index, key]) => quoted?.replace(/\\(.)/g, "$1") ?? index ?? key ?? "",
  );
}
