import type { Candidate } from "./gate.ts";
import type { Judgement } from "./judgement/item.ts";
import { type Blessing, RECORDS } from "./schema/predicates.ts";
import type { TrustedStack } from "./schema/trust.ts";
import { buildStatement, type Statement } from "./signing/statement.ts";

/** What a blessing is for: one release, in one stack, as it is configured there. */
export function blessingUri(module: string, version: string, stack: string, configHash: string): string {
  return `imprimatur:${module}@${encodeURIComponent(version)}?stack=${stack}&configHash=${configHash}`;
}

/** The parts of a blessing's resource URI; undefined where it is none. */
export function readBlessingUri(
  uri: string | undefined,
): { readonly stack: string; readonly configHash: string } | undefined {
  const [, stack, configHash] =
    /^imprimatur:[^?]+\?stack=([a-z0-9-]+)&configHash=([0-9a-f]{64})$/.exec(uri ?? "") ?? [];
  return stack === undefined || configHash === undefined ? undefined : { stack, configHash };
}

/**
 * The blessing of a release for a stack, as a statement to sign: a SLSA Verification Summary Attestation that names every
 * record the verdict rests on, and the formality it was reached by.
 * @throws RangeError where the judgement has not passed
 */
export function blessingStatement(
  { module, release, configHash }: Candidate,
  stack: TrustedStack,
  judgement: Judgement,
  policyDigest: string,
  now: Date,
): Statement {
  if (!judgement.passed) throw new RangeError("only what has passed can be blessed");
  const { version } = release.manifest;
  const records = [...new Set(judgement.items.flatMap(({ records }) => records))].sort();
  const predicate: Blessing = {
    verifier: { id: "https://imprimatur.dev/" },
    timeVerified: now.toISOString(),
    resourceUri: blessingUri(module.name, version, stack.name, configHash),
    policy: { uri: "catalog/trust/formality.yaml", digest: { sha256: policyDigest } },
    inputAttestations: records.map((digest) => ({
      uri: `catalog/evidence/${module.name}/${version}`,
      digest: { sha256: digest },
    })),
    verificationResult: "PASSED",
    verifiedLevels: [`IMPRIMATUR_BLESSED_${stack.class.toUpperCase()}`],
  };
  const subject = { name: `${module.name} ${version}`, sha256: release.manifestDigest.slice("sha256:".length) };
  return buildStatement([subject], RECORDS.blessing.type, predicate);
}
