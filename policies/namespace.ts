import { isObject } from "../release/json.ts";
import { isUnknown } from "../release/unknown.ts";
import type { JudgedResource } from "./rule.ts";

/**
 * The namespace that an object is in: its own, else its provider's, else `default`.
 * Undefined where it cannot be known yet.
 */
export function namespaceOf({ props, provider }: Pick<JudgedResource, "props" | "provider">): string | undefined {
  const { metadata } = props;
  if (isUnknown(metadata)) return undefined;
  const own = isObject(metadata) ? metadata.namespace : undefined;
  const namespace = own ?? provider?.props.namespace ?? "default";
  return typeof namespace === "string" && !isUnknown(namespace) ? namespace : undefined;
}
