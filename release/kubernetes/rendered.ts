import { parseAllDocuments } from "yaml";
import { isObject } from "../json.ts";
import { rolloutOf } from "../rollouts.ts";
import type { ChartObject } from "../schema/predicates.ts";
import { selectorOf } from "../slots.ts";
import { type ImageUse, podImages } from "./podImages.ts";

/** An image that a rendered chart leads to. */
export interface RenderedImage {
  /** Undefined where the object has something there that is no text. */
  readonly image: string | undefined;
  /** `Deployment skaha spec.template.spec.containers[0].image`, and for a hook which one. */
  readonly where: string;
}

/** A Kubernetes object, as it is written. */
type KubernetesObject = Readonly<Record<string, unknown>>;

/**
 * Every object and hook that a chart renders to, those of a List each by itself.
 * @param text YAML documents, as `helm template` prints them
 * @throws SyntaxError where it is no YAML
 */
export function renderedObjects(text: string): KubernetesObject[] {
  return parseAllDocuments(text, { merge: true }).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw new SyntaxError(error.message);
    return itemsOf(document.toJS());
  });
}

function itemsOf(object: unknown): KubernetesObject[] {
  if (!isObject(object)) return [];
  return object.kind === "List" && Array.isArray(object.items) ? object.items.flatMap(itemsOf) : [object];
}

/** Every image of every object that a chart renders to. */
export function renderedImages(objects: readonly KubernetesObject[]): RenderedImage[] {
  return objects.flatMap((object) => podImages(object).map((use) => ({ image: use.image, where: place(object, use) })));
}

/** Kind, name and selector of every object that a chart renders to, and how it replaces its Pods. */
export function chartObjects(objects: readonly KubernetesObject[]): ChartObject[] {
  return objects.map((object) => {
    const { name } = isObject(object.metadata) ? object.metadata : {};
    const selector = selectorOf(object);
    const rollout = rolloutOf(object);
    return {
      kind: String(object.kind),
      name: String(name ?? ""),
      ...(selector && { selector }),
      ...(rollout && { rollout }),
    };
  });
}

function place(object: KubernetesObject, { path }: ImageUse): string {
  const metadata = isObject(object.metadata) ? object.metadata : {};
  const annotations = isObject(metadata.annotations) ? metadata.annotations : {};
  const hook = annotations["helm.sh/hook"];
  return `${object.kind} ${metadata.name} ${path}${hook === undefined ? "" : ` (hook ${hook})`}`;
}

/** What templates may decide by once they are installed, and not when they are rendered without a cluster. */
export function asksOf(templates: readonly string[]): ("lookup" | "capabilities")[] {
  const actions = templates.flatMap((text) => text.match(/\{\{[\s\S]*?\}\}/g) ?? []);
  return [
    ...(actions.some((action) => /(^|[\s({])lookup\s/.test(action)) ? ["lookup" as const] : []),
    ...(actions.some((action) => /\.Capabilities\b/.test(action)) ? ["capabilities" as const] : []),
  ];
}
