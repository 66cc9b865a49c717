import type { Reader } from "./findings.ts";
import { readCyclonedx } from "./readers/cyclonedx.ts";
import { readGrype } from "./readers/grype.ts";
import { readJunit } from "./readers/junit.ts";
import { readLcov } from "./readers/lcov.ts";
import { readSlsa } from "./readers/slsa.ts";
import { readSpdx } from "./readers/spdx.ts";
import { readTrivy } from "./readers/trivy.ts";

/** Every format that evidence is read from. */
export const FORMATS = {
  junit: readJunit,
  lcov: readLcov,
  trivy: readTrivy,
  grype: readGrype,
  cyclonedx: readCyclonedx,
  spdx: readSpdx,
  slsa: readSlsa,
} as const satisfies Record<string, Reader>;
export type Format = keyof typeof FORMATS;

/** What a file is called that is attached as it is, since nothing in it is read. */
export const DOCUMENT = "document";
