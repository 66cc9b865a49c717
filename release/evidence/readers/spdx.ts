import { z } from "zod";
import { count, jsonOf, type Reader } from "../findings.ts";

const Document = z.object({
  spdxVersion: z.string().regex(/^SPDX-2\.\d+$/, "must be SPDX-2.x"),
  packages: z.array(z.unknown()).default([]),
});

/** Reads an SPDX 2 SBOM in JSON: how many packages it lists. */
export const readSpdx: Reader = (bytes, file) => {
  const { spdxVersion, packages } = jsonOf(bytes, file, "an SPDX 2 JSON SBOM", Document);
  const components = packages.length;
  return { result: "pass", metrics: { components }, summary: `${spdxVersion}, ${count(components, "component")}` };
};
