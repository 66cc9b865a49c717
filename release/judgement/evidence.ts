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
  const { words, uncovered } = standingWords(candidates, dossier);
  if (candidates.length === 0) {
    return { id, state: "missing", text: `${what}: none yet`, ...supply, records: [] };
  }
  if (uncovered.length > 0) {
    return { id, state: "missing", text: `${what}: none for ${uncovered.join(", ")}`, ...supply, records: [] };
  }
  const failures = [...new Set(words.flatMap((word) => shortfalls(word, requirement)))];
  const records = candidates.map(({ digest }) => digest).sort();
  if (failures.length > 0) {
    return { id, state: "refused", text: `${what}: ${failures.join("; ")}`, ...supply, records };
  }
  const people = [...new Set(words.map(({ person }) => person))].sort();
  return { id, state: "met", text: `${what}: by ${people.join(", ")}`, records };
}

/** Evidence of the type and place, about this manifest or its artifacts, by somebody who is its gate manager. */
function counting({ type, by, in: place }: EvidenceRequirement, dossier: Dossier): Found[] {
  const { records, authority, module, now } = dossier;
  return ofKind(records.records, "evidence").filter(
    ({ predicate, person, subjects }) =>
      predicate.type === type &&
      (place === undefined || predicate.in === place) &&
      // Another configuration may lead to other images.
      (predicate.inventory === undefined || predicate.inventory.configHash === dossier.configHash) &&
      Date.parse(predicate.at) <= now.getTime() &&
      authority.holds(person, by, module.name, now) &&
      subjects.some((subject) => subjectsOf(dossier).has(subject)),
  );
}

function subjectsOf({ release }: Dossier): Set<string> {
  const images = Object.values(release.manifest.images).map(({ digest }) => digest);
  return new Set([release.manifestDigest, ...images]);
}

/**
 * The words that count: for each image the newest that is about it or about the whole manifest. A failed test after a
 * passed one is a failed test, and a passed scan of one image does not make good a failed one of another.
 */
function standingWords(candidates: readonly Found[], { release }: Dossier): { words: Found[]; uncovered: string[] } {
  const newestFirst = [...candidates].sort(newerFirst);
  const images = Object.entries(release.manifest.images);
  if (images.length === 0) return { words: newestFirst.slice(0, 1), uncovered: [] };
  const about = images.map(([name, { digest }]) => ({
    name,
    word: newestFirst.find(({ subjects }) => subjects.includes(digest) || subjects.includes(release.manifestDigest)),
  }));
  return {
    words: [...new Set(about.flatMap(({ word }) => word ?? []))],
    uncovered: about.filter(({ word }) => word === undefined).map(({ name }) => `image ${name}`),
  };
}

/** In order of instant, the newest first; of two at the same one, a failure counts. */
function newerFirst(a: Found, b: Found): number {
  const gap = Date.parse(b.predicate.at) - Date.parse(a.predicate.at);
  return gap !== 0 ? gap : Number(b.predicate.result === "fail") - Number(a.predicate.result === "fail");
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
