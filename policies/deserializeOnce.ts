import { createRequire } from "node:module";

/** A message of the wire format. */
interface Struct {
  toJavaScript(): Record<string, unknown>;
}

type Deserialize = (properties: Struct, proxySecrets: boolean) => object;

/** What each result was made from: only there it still shows which values are secret. */
const sources = new WeakMap<object, Record<string, unknown>>();

/**
 * The SDK turns a resource's properties from the wire format into objects once for each policy, which would make fifteen
 * policies cost fifteen times as much as one. No rule changes what it is given, so all of them can share one result.
 * Must run before the pack is made.
 */
export function deserializeOnce(): void {
  const sdk: { deserializeProperties: Deserialize } = createRequire(import.meta.url)("@pulumi/policy/deserialize.js");
  const original = sdk.deserializeProperties;
  const results = new WeakMap<Struct, object>();
  sdk.deserializeProperties = (properties, proxySecrets) => {
    // Remediations get secrets as proxies, to put them back as such.
    if (proxySecrets || properties === undefined) return original(properties, proxySecrets);
    const known = results.get(properties);
    if (known !== undefined) return known;
    const wire = properties.toJavaScript();
    const result = original({ toJavaScript: () => wire }, false);
    results.set(properties, result);
    sources.set(result, wire);
    return result;
  };
}

/** The properties that a resource was sent with, in the wire format; undefined where the SDK did not read them from there. */
export function wireFormat(properties: object): Record<string, unknown> | undefined {
  return sources.get(properties);
}
