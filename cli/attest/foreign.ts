import { refuseInput } from "../../release/errors.ts";
import { evidenceType } from "../../release/evidence/compose.ts";
import { overlay } from "../../release/files.ts";
import { sha256 } from "../../release/json.ts";
import { readRecords, recordFileName, type SignedRecord } from "../../release/records.ts";
import { type NamedRelease, releaseText } from "../candidate.ts";
import type { Context } from "../context.ts";

/** A bundle that another tool has made, checked. */
export interface ForeignBundle {
  readonly bytes: Uint8Array;
  readonly digest: string;
  readonly record: SignedRecord<"evidence">;
}

const FOLDER = "bundle";

/**
 * Checks a bundle as every judgement will: signature, predicate, and that it is evidence about this release.
 * @throws InputError naming the file and what is wrong with it
 */
export function checkBundle(
  { catalogue }: Context,
  named: NamedRelease,
  bytes: Uint8Array,
  file: string,
  now: Date,
): ForeignBundle {
  const digest = sha256(bytes);
  const empty = { read: () => undefined, list: () => [] };
  // Read as if it were filed already, so that nothing is filed which would not be read.
  const files = overlay(empty, new Map([[`${FOLDER}/${recordFileName("bundle", digest)}`, bytes]]));
  const { records, unusable } = readRecords(files, FOLDER, catalogue.ring, { now });
  const [record] = records;
  if (record === undefined) return refuseInput({ file, path: "", message: unusable[0]?.message ?? "is no record" });
  if (record.kind !== "evidence") {
    refuseInput({ file, path: "", message: `is a ${record.kind}, and attest files evidence only` });
  }
  const type = evidenceType(record.predicate.type, { file, path: "predicate.type" });
  const { manifestDigest, manifest } = named.release;
  const images = Object.values(manifest.images).map((image) => image.digest);
  if (!record.subjects.some((subject) => subject === manifestDigest || images.includes(subject))) {
    const what = type.perImage ? "neither the manifest nor an image" : "not the manifest";
    const message = `its subject is ${what} of ${releaseText(named)}`;
    refuseInput({ file, path: "subject", message, value: record.subjects[0] ?? "", nearest: manifestDigest });
  }
  return { bytes, digest, record };
}
