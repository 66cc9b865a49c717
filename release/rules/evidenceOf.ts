import { gateManagers } from "../evidence/managers.ts";
import { ofKind, type SignedRecord } from "../records.ts";
import type { Release } from "../schema/manifest.ts";
import type { Module } from "../schema/module.ts";
import type { Judges } from "./allowed.ts";

/**
 * Evidence of a type about a release or its images, newest first, from those whose word on it counts: its gate managers
 * or, where formality names none, who may attest.
 */
export function evidenceOf(
  module: Module,
  release: Release,
  type: string,
  { catalogue, gate, stack, now }: Judges,
): SignedRecord<"evidence">[] {
  const { authority, formality } = catalogue;
  const images = Object.values(release.manifest.images).map(({ digest }) => digest);
  const about = new Set([release.manifestDigest, ...images]);
  return ofKind(gate.records(module, release, stack), "evidence")
    .filter(({ predicate, person, subjects }) => {
      const at = new Date(predicate.at);
      if (predicate.type !== type || at > now || !subjects.some((subject) => about.has(subject))) return false;
      const managers = gateManagers(formality, type, module.name, predicate.in);
      return managers.length === 0
        ? authority.may(person, "attest", module.name, at)
        : managers.some((role) => authority.holds(person, role, module.name, at));
    })
    .sort((a, b) => Date.parse(b.predicate.at) - Date.parse(a.predicate.at));
}
