import { isObject } from "../json.ts";
import { readBundle } from "./envelope.ts";

/**
 * The instant (`predicate.at`) that a bundle gives of itself, before anything in it is verified: only ever to choose the
 * instant that its key is judged at. An invalid date, which no key is valid at, where it gives none.
 */
export function claimedInstant(bytes: Uint8Array): Date {
  try {
    const statement: unknown = JSON.parse(readBundle(bytes).payload.toString("utf8"));
    const predicate = isObject(statement) ? statement.predicate : undefined;
    return new Date(isObject(predicate) ? String(predicate.at) : Number.NaN);
  } catch {
    return new Date(Number.NaN);
  }
}
