import { sha256 } from "./json.ts";

/** Where the waivers of policies stand, one folder a stack: they are about resources, not releases. */
export const POLICY_WAIVERS = "catalog/waivers";

/** The folder of the waivers of policies in a stack. */
export function policyWaiverFolder(stack: string): string {
  return `${POLICY_WAIVERS}/${stack}`;
}

/** What a waiver for a resource is signed over: the resource's URN, as `sha256:…` of its text. */
export function urnDigest(urn: string): string {
  return `sha256:${sha256(urn)}`;
}
