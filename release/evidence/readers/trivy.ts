import { z } from "zod";
import { jsonOf, type Reader } from "../findings.ts";
import { vulnerabilities } from "../severities.ts";

const Report = z.object({
  SchemaVersion: z.literal(2),
  ArtifactName: z.string(),
  Results: z
    .array(
      z.object({
        Vulnerabilities: z.array(z.object({ VulnerabilityID: z.string().min(1), Severity: z.string() })).nullish(),
      }),
    )
    .nullish(),
});

/** Reads what `trivy image --format json` writes: vulnerabilities only. A scan that found nothing has no results. */
export const readTrivy: Reader = (bytes, file) => {
  const { Results } = jsonOf(bytes, file, "a Trivy JSON report", Report);
  const listed = (Results ?? []).flatMap(({ Vulnerabilities }) => Vulnerabilities ?? []);
  return vulnerabilities(listed.map(({ VulnerabilityID, Severity }) => ({ id: VulnerabilityID, severity: Severity })));
};
