import { z } from "zod";
import type { ReleaseClaim } from "../release/rules/claim.ts";
import { isUnknown } from "../release/unknown.ts";
import type { Violation } from "../release/verdict.ts";

/** Components of ours that stand for a release. */
export const MODULE_RELEASE = "imprimatur:release:ModuleRelease";
export const SLOTTED_RELEASE = "imprimatur:release:SlottedRelease";
export const PUBLISHED_RELEASE = "imprimatur:release:PublishedRelease";
export const BLESSED_IMAGE = "imprimatur:release:BlessedImage";

/** Those whose release has a chart: they also say what it is configured with. */
export const CHART_RELEASES: ReadonlySet<string> = new Set([MODULE_RELEASE, SLOTTED_RELEASE]);
/** Those that stand for a module's release in a stack. */
export const RELEASES: ReadonlySet<string> = new Set([...CHART_RELEASES, PUBLISHED_RELEASE]);

const Claim = z.object({ module: z.string(), version: z.string(), manifestDigest: z.string() });

/** What a component says of its release; undefined where any of it is missing, of a wrong type or not known yet. */
export function readClaim(props: unknown): ReleaseClaim | undefined {
  const claim = Claim.safeParse(props);
  return claim.success && !Object.values(claim.data).some(isUnknown) ? claim.data : undefined;
}

/** A refusal of what names no release. */
export const NO_CLAIM: Violation = {
  message: "its module, version and manifest digest cannot all be known before an update",
  remedy: "pin the release in the stack file, as <version>@sha256:<manifest digest>",
};
