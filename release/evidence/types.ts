import type { Format } from "./formats.ts";

/** One type of evidence: what it says, and what an attestation of it must come with. */
export interface EvidenceType {
  readonly description: string;
  /** Formats of tools' files that it reads; a type with none takes any file as an attached document. */
  readonly formats: readonly Format[];
  /** Numbers that it must report, from the file or given by hand. */
  readonly metrics: readonly string[];
  /** Its subjects are the images, and all of them have to be covered; otherwise it is about the manifest. */
  readonly perImage?: true;
  /** It must say in which stack it was made; others are made in `ci` unless they say so. */
  readonly place?: true;
  /** It is about a set of releases, and names the others. */
  readonly set?: true;
  /** It must say in words what was found, told or agreed. */
  readonly summary?: true;
  /** To say it is to pass: there is no result that a person could have to give. */
  readonly statement?: true;
}

const TESTS = { formats: ["junit"], metrics: ["failed"] } as const;
const SAID = { formats: [], metrics: [], statement: true } as const;

/** Every type of evidence. A new type is added here, and nowhere else. */
export const EVIDENCE_TYPES: Readonly<Record<string, EvidenceType>> = {
  "test-result": { description: "Result of the module's own tests", ...TESTS },
  coverage: {
    description: "What share of the code its tests reach, in percent",
    formats: ["lcov"],
    metrics: ["lines"],
  },
  "integration-test": { description: "Test of a whole set of releases together", ...TESTS, set: true },
  "vulnerability-scan": {
    description: "Known vulnerabilities in its images, by severity",
    formats: ["trivy", "grype"],
    metrics: ["critical", "high"],
    perImage: true,
  },
  sbom: {
    description: "What its images consist of",
    formats: ["cyclonedx", "spdx"],
    metrics: ["components"],
    perImage: true,
    statement: true,
  },
  provenance: {
    description: "From which branch and commit it was built, and by what",
    formats: ["slsa"],
    metrics: [],
    statement: true,
  },
  "sanity-check": { description: "It works where it was deployed", formats: ["junit"], metrics: [], place: true },
  "load-test": { description: "It bears the load that is expected", formats: ["junit"], metrics: [], place: true },
  "image-inventory": { description: "Which images an environment holds", ...SAID, place: true },
  "freeze-record": { description: "The frozen requirements that its images were built from", ...SAID },
  "import-test": { description: "Every package of the image can be imported", ...TESTS },
  drift: { description: "Packages that differ from what was frozen", formats: [], metrics: ["changed"] },
  "platform-test": {
    description: "Test of an image on the platform it is for",
    formats: ["junit"],
    metrics: [],
    place: true,
  },
  "notebook-test": {
    description: "Notebooks run through in the container",
    formats: ["junit"],
    metrics: [],
    place: true,
  },
  checklist: { description: "Everything on the module's checklist is done", formats: [], metrics: [] },
  "release-notes": { description: "The release notes are written", ...SAID },
  "special-provisions": {
    description: "What its deployment needs besides, for notes and plans",
    ...SAID,
    summary: true,
  },
  "dr-plan": { description: "There is a plan for recovery from a disaster", ...SAID },
  "on-call": { description: "Who is on call for it", ...SAID, summary: true },
  acceptance: {
    description: "Whether it meets the criteria agreed beforehand",
    formats: [],
    metrics: [],
    summary: true,
  },
  notice: { description: "An announcement to those who use an environment", ...SAID, place: true, summary: true },
  verdict: {
    description: "What somebody saw who looked, such as at a canary's archives",
    formats: [],
    metrics: [],
    place: true,
    summary: true,
  },
};
