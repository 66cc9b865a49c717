/**
 * A structured input of a provider resource: the SDKs send it as JSON text. Text that is no JSON, and what is not text,
 * comes back as it is.
 */
export function providerInput(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
