import { chartImages } from "../release/kubernetes/chartImages.ts";
import { pathImages } from "../release/kubernetes/pathImages.ts";
import { type ImageUse, podImages } from "../release/kubernetes/podImages.ts";
import type { JudgedResource } from "./rule.ts";

const CHART = /^kubernetes:helm\.sh\/v\d+:(Release|Chart)$/;

/** Whether a resource is a Helm release or chart, of any version of the provider's API. */
export function isChart(type: string): boolean {
  return CHART.test(type);
}

/**
 * Every image that a resource in a cluster would run or mount, or that a chart's values name.
 * @param paths further places of images, by `<group>/<Kind>`
 */
export function imagesOf(
  { type, props, isSecret }: Pick<JudgedResource, "type" | "props" | "isSecret">,
  paths: Readonly<Record<string, readonly string[]>> = {},
): ImageUse[] {
  const configured = pathImages(props, paths[groupKind(type)] ?? []);
  const found = isChart(type) ? chartImages(props.values) : podImages(props);
  return [...found, ...configured].map((use) => (isSecret(steps(use.path)) ? { ...use, secret: true } : use));
}

/** `kubernetes:argoproj.io/v1alpha1:Rollout` as `argoproj.io/Rollout`. */
function groupKind(type: string): string {
  const [, groupVersion = "", kind = ""] = type.split(":");
  return `${groupVersion.split("/")[0]}/${kind}`;
}

function steps(path: string): (string | number)[] {
  return (path.match(/[^.[\]]+/g) ?? []).map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}
