import { nearestHint, refuseInput } from "../../release/errors.ts";
import { DRIFTS, type Drift, type DriftKind, driftText, findDrift } from "../../release/frozen/drift.ts";
import { recordDigest, recordText } from "../../release/frozen/record.ts";
import { sbomOf } from "../../release/frozen/sbom.ts";
import { prettyJson } from "../../release/json.ts";
import type { Context } from "../context.ts";
import { listBuild } from "./freeze.ts";
import { type Mission, readRecord, recordPath } from "./mission.ts";
import { readBuild, writeResult } from "./state.ts";

/** Kinds of drift, as typed: `added,changed`. @throws InputError with the nearest */
export function readKinds(text: string): readonly DriftKind[] {
  return text.split(",").map((word) => {
    const found = DRIFTS.find((kind) => kind === word.trim());
    if (found !== undefined) return found;
    const message = `must be some of ${DRIFTS.join(",")}`;
    return refuseInput({ file: "--fail-on", path: "", message, value: word, ...nearestHint(word, DRIFTS) });
  });
}

/** Compares what is in the last build with the committed record, and keeps what differs. */
export async function driftOf(
  context: Pick<Context, "root" | "files">,
  mission: Mission,
): Promise<{ readonly drift: readonly Drift[]; readonly written: string[] }> {
  const { root } = context;
  const build = readBuild(root, mission.name);
  const frozen = readRecord(context, mission);
  if (frozen === undefined) {
    const message = "nothing is frozen yet: npx imprimatur image freeze";
    return refuseInput({ file: recordPath(mission), path: "", message });
  }
  const { record } = await listBuild(context, mission);
  const drift = findDrift(frozen, record);
  const counts = Object.fromEntries(DRIFTS.map((kind) => [kind, drift.filter((item) => item.kind === kind).length]));
  const report = { image: build.image, frozen: recordDigest(frozen), built: recordDigest(record), counts, drift };
  const written = [
    writeResult(root, mission.name, "record", recordText(record)),
    writeResult(root, mission.name, "sbom", sbomOf(record)),
    writeResult(root, mission.name, "drift", prettyJson(report)),
  ];
  return { drift, written };
}

/** For people. */
export function driftLines(drift: readonly Drift[]): string[] {
  return drift.map(driftText);
}
