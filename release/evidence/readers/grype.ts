import { z } from "zod";
import { jsonOf, type Reader } from "../findings.ts";
import { vulnerabilities } from "../severities.ts";

const Report = z.object({
  matches: z.array(z.object({ vulnerability: z.object({ id: z.string().min(1), severity: z.string() }) })),
  descriptor: z.object({ name: z.literal("grype") }),
});

/** Reads what `grype -o json` writes. */
export const readGrype: Reader = (bytes, file) => {
  const { matches } = jsonOf(bytes, file, "a Grype JSON report", Report);
  return vulnerabilities(matches.map(({ vulnerability }) => vulnerability));
};
