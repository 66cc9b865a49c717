import { z } from "zod";
import { isObject } from "../../json.ts";
import { count, jsonOf, type Reader } from "../findings.ts";

const Bom = z.object({
  bomFormat: z.literal("CycloneDX"),
  specVersion: z.string().min(1),
  components: z.array(z.unknown()).default([]),
});

/** Reads a CycloneDX SBOM in JSON: how many components it lists, those within components too. */
export const readCyclonedx: Reader = (bytes, file) => {
  const { specVersion, components: top } = jsonOf(bytes, file, "a CycloneDX JSON SBOM", Bom);
  let components = 0;
  // Not by recursion: how deep components stand in one another is for the file to say.
  for (let level = top; level.length > 0; ) {
    components += level.length;
    level = level.flatMap((item) => (isObject(item) && Array.isArray(item.components) ? item.components : []));
  }
  return {
    result: "pass",
    metrics: { components },
    summary: `CycloneDX ${specVersion}, ${count(components, "component")}`,
  };
};
