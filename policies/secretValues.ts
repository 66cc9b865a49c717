import { isObject } from "../release/json.ts";
import { wireFormat } from "./deserializeOnce.ts";

/** How the wire format marks a secret. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** The SDK's proxies give what they stand before under this name. */
const PROXY_TARGET = "__getSpecialProxyTarget";

/** Whether the value at a path of keys and indexes is secret, or part of something that is. */
export type SecretTest = (path: readonly (string | number)[]) => boolean;

/**
 * The engine says which values are secret, and the SDK takes that away before a policy is asked. It is looked up in what
 * was sent, and only for those who ask.
 * @param properties a resource's properties as the SDK hands them to a policy
 */
export function secretTest(properties: Readonly<Record<string, unknown>>): SecretTest {
  let wire: unknown;
  return (path) => {
    wire ??= wireFormat((properties[PROXY_TARGET] ?? properties) as object) ?? {};
    let value = wire;
    for (const key of path) {
      if (isSecret(value)) return true;
      value = isObject(value) || Array.isArray(value) ? (value as Record<string | number, unknown>)[key] : undefined;
    }
    return isSecret(value);
  };
}

function isSecret(value: unknown): boolean {
  return isObject(value) && value[SIGNATURE] === SECRET;
}
