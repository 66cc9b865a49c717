import { parseAllDocuments } from "yaml";
import { isObject } from "../json.ts";
import { type ImageUse, podImages } from "./podImages.ts";

/** An image that a rendered chart leads to. */
export interface RenderedImage {
  /** Undefined where the object has something there that is no text. */
  readonly image: string | undefined;
  /** `Deployment skaha spec.template.spec.containers[0].image`, and for a hook which one. */
  readonly where: string;
}

/**
 * Every image of every object and hook that a chart renders to.
 * @param text YAML documents, as `helm template` prints them
 * @throws SyntaxError where it is no YAML
 */
export function renderedImages(text: string): RenderedImage[] {
  return parseAllDocuments(text, { merge: true }).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw new SyntaxError(error.message);
    const object: unknown = document.toJS();
    return isObject(object) ? podImages(object).map((use) => ({ image: use.image, where: place(object, use) })) : [];
  });
}

function place(object: Record<string, unknown>, { path }: ImageUse): string {
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
