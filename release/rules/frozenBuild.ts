import { parseImageRef } from "../imageRef.ts";
import type { ImageUse } from "../kubernetes/podImages.ts";
import { settledBy } from "../ledger.ts";
import type { Release } from "../schema/manifest.ts";
import type { Violation } from "../verdict.ts";
import type { Judges } from "./allowed.ts";
import { evidenceOf } from "./evidenceOf.ts";

/**
 * What production runs of a frozen module is the very build that was tested in staging: its manifest says what was
 * frozen, one freeze record is signed for it and no other, it was tested on the platform, and staging has run it.
 */
export function judgeFrozen(release: Release, judges: Judges): Violation[] {
  const { catalogue, gate, stack } = judges;
  const { module: name, version, freeze } = release.manifest;
  const module = catalogue.modules.get(name);
  if (stack.class !== "prod" || module === undefined || !module.frozen) return [];
  const words = `${name} ${version}`;
  const attest = (type: string, more = "") => `npx imprimatur attest ${words} --type ${type}${more}`;
  if (freeze === undefined) {
    const message = `${words} is of a frozen module, and its manifest does not say what was frozen`;
    return [{ message, remedy: `npx imprimatur cut ${name} <version>, with what was frozen` }];
  }
  const staging = catalogue.stackNames
    .map((other) => catalogue.stack(other))
    .filter((other) => other.class === "staging");
  const places = staging.map((other) => other.name);
  const tests = evidenceOf(module, release, "platform-test", judges).filter(({ predicate }) =>
    places.includes(predicate.in),
  );
  const found: Violation[] = judgeRecord(release, judges).map((message) => ({
    message,
    remedy: attest("freeze-record"),
  }));
  if (tests[0]?.predicate.result !== "pass") {
    const how = tests[0] === undefined ? "was not tested" : "has failed its test";
    const message = `${words} ${how} on the platform in staging (${places.join(", ")})`;
    found.push({ message, remedy: attest("platform-test", ` --in ${places[0] ?? "<stack>"}`) });
  }
  if (!places.some((place) => settledBy(gate.ledger(place), release.manifestDigest) !== undefined)) {
    const message = `no ledger of staging (${places.join(", ")}) shows that ${words} ran there, with this manifest digest`;
    found.push({ message, remedy: `npx imprimatur promote ${words} --to ${places[0] ?? "<stack>"}` });
  }
  return found;
}

/** The frozen releases that images are of. */
export function frozenReleases(uses: readonly ImageUse[], { catalogue }: Judges): Release[] {
  const digests = uses.flatMap(({ image }) => parseImageRef(image ?? "")?.digest ?? []);
  return [...new Set(digests)].flatMap((digest) =>
    catalogue.releasesNaming(digest).filter(({ manifest }) => catalogue.modules.get(manifest.module)?.frozen),
  );
}

/** What is wrong with the freeze record of a release. */
function judgeRecord(release: Release, judges: Judges): string[] {
  const { module: name, version, freeze } = release.manifest;
  const module = judges.catalogue.module(name, { file: judges.catalogue.releasePath(name, version), path: "module" });
  const signed = evidenceOf(module, release, "freeze-record", judges).filter(
    ({ predicate }) => predicate.result === "pass",
  );
  if (signed.length === 0) return [`no freeze record of ${name} ${version} is signed`];
  const records = [...new Set(signed.flatMap(({ predicate }) => predicate.source?.sha256 ?? []))].sort();
  const due = freeze?.record?.slice("sha256:".length);
  const others = records.filter((record) => record !== due);
  if (due !== undefined && !records.includes(due)) {
    return [
      `the freeze record that the manifest of ${name} ${version} names, sha256:${due}, is not the one that is signed`,
    ];
  }
  if (due !== undefined ? others.length > 0 : records.length > 1) {
    return [`several freeze records are signed for ${name} ${version}, so what was tested may not be what was frozen`];
  }
  return [];
}
