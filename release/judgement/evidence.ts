import { ofKind, type SignedRecord } from "../records.ts";
import type { Requirements } from "../schema/formality.ts";
import { type Dossier, releaseWords } from "./dossier.ts";
import type { Item } from "./item.ts";

type EvidenceRequirement = Requirements["evidence"][number];
type Found = SignedRecord<"evidence">;

/** How each piece of evidence that is asked for stands. */
export function judgeEvidence(dossier: Dossier): Item[] {
  return dossier.asked.evidence.map((requirement) => judgeOne(requirement, dossier));
}

function judgeOne(requirement: EvidenceRequirement, dossier: Dossier): Item {
  const { type, by, in: place } = requirement;
  const id = `evidence:${type}${place === undefined ? "" : `@${place}`}`;
  const what = `${type}${place === undefined ? "" : ` in ${place}`}`;
  const supply = {
    who: [by],
    command: `npx imprimatur attest ${releaseWords(dossier)} --type ${type}${place === undefined ? "" : ` --in ${place}`}`,
  };
  const candidates = counting(requirement, dossier);
  // The newest word counts: a failed test after a passed one is a failed test.
  const [newest] = [...candidates].sort((a, b) => Date.parse(b.predicate.at) - Date.parse(a.predicate.at));
  if (newest === undefined) {
    return { id, state: "missing", text: `${what}: none yet`, ...supply, records: [] };
  }
  const uncovered = uncoveredImages(newest, candidates, dossier);
  if (uncovered.length > 0) {
    return { id, state: "missing", text: `${what}: none for ${uncovered.join(", ")}`, ...supply, records: [] };
  }
  const failures = shortfalls(newest, requirement);
  const records = candidates.map(({ digest }) => digest).sort();
  if (failures.length > 0) {
    return { id, state: "refused", text: `${what}: ${failures.join("; ")}`, ...supply, records };
  }
  return { id, state: "met", text: `${what}: by ${newest.person}`, records };
}

/** Evidence of the type and place, about this manifest or its artifacts, by somebody who is its gate manager. */
function counting({ type, by, in: place }: EvidenceRequirement, dossier: Dossier): Found[] {
  const { records, authority, module, now } = dossier;
  return ofKind(records.records, "evidence").filter(
    ({ predicate, person, subjects }) =>
      predicate.type === type &&
      (place === undefined || predicate.in === place) &&
      Date.parse(predicate.at) <= now.getTime() &&
      authority.holds(person, by, module.name, now) &&
      subjects.some((subject) => subjectsOf(dossier).has(subject)),
  );
}

function subjectsOf({ release }: Dossier): Set<string> {
  const images = Object.values(release.manifest.images).map(({ digest }) => digest);
  return new Set([release.manifestDigest, ...images]);
}

/** Where evidence is about images, every image of the release needs it. Evidence about the manifest covers all. */
function uncoveredImages(newest: Found, candidates: readonly Found[], { release }: Dossier): string[] {
  if (newest.subjects.includes(release.manifestDigest)) return [];
  const covered = new Set(candidates.flatMap(({ subjects }) => subjects));
  if (covered.has(release.manifestDigest)) return [];
  return Object.entries(release.manifest.images)
    .filter(([, { digest }]) => !covered.has(digest))
    .map(([name]) => `image ${name}`);
}

function shortfalls({ predicate }: Found, { thresholds }: EvidenceRequirement): string[] {
  const failed =
    predicate.result === "fail" ? [`failed${predicate.summary === "" ? "" : `: ${predicate.summary}`}`] : [];
  const outside = Object.entries(thresholds).flatMap(([metric, { min, max }]) => {
    const value = predicate.metrics[metric];
    if (value === undefined) return [`does not report ${metric}`];
    if (min !== undefined && value < min) return [`${metric} is ${value}, at least ${min} is asked for`];
    if (max !== undefined && value > max) return [`${metric} is ${value}, at most ${max} is allowed`];
    return [];
  });
  return [...failed, ...outside];
}
