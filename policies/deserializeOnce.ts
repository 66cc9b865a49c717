import { createRequire } from "node:module";

type Deserialize = (properties: object, proxySecrets: boolean) => unknown;

/**
 * The SDK turns a resource's properties from the wire format into objects once for each policy, which would make fifteen
 * policies cost fifteen times as much as one. No rule changes what it is given, so all of them can share one result.
 * Must run before the pack is made.
 */
export function deserializeOnce(): void {
  const sdk: { deserializeProperties: Deserialize } = createRequire(import.meta.url)("@pulumi/policy/deserialize.js");
  const original = sdk.deserializeProperties;
  const results = new WeakMap<object, unknown>();
  sdk.deserializeProperties = (properties, proxySecrets) => {
    // Remediations get secrets as proxies, to put them back as such.
    if (proxySecrets || properties === undefined) return original(properties, proxySecrets);
    const known = results.get(properties);
    if (known !== undefined) return known;
    const result = original(properties, false);
    results.set(properties, result);
    return result;
  };
}
