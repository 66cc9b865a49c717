import { refuseInput } from "../../release/errors.ts";
import { composeEvidence, evidenceType } from "../../release/evidence/compose.ts";
import { MAX_SOURCE_BYTES } from "../../release/evidence/findings.ts";
import { readSource } from "../../release/evidence/read.ts";
import { sha256 } from "../../release/json.ts";
import { Evidence, RECORDS } from "../../release/schema/predicates.ts";
import { buildStatement } from "../../release/signing/statement.ts";
import type { Done } from "../approve/outcome.ts";
import { judgedAtNote } from "../approve/signing.ts";
import { type NamedRelease, releaseText, subjectOf } from "../candidate.ts";
import type { Context } from "../context.ts";
import { signChecked, writeRecord } from "../signedRecord.ts";
import { openSign, type SigningOptions } from "../signers.ts";
import { readToolFile } from "./file.ts";
import { type AttestOptions, readGiven } from "./options.ts";
import { checkStanding } from "./standing.ts";
import { checkAbout, subjectsOf } from "./subjects.ts";

/**
 * Signs what was found about a release, and files it.
 * @throws InputError where something is missing, or the file contradicts what was said
 * @throws Refusal where the word of whoever signs would not count
 */
export async function signEvidence(
  context: Context,
  named: NamedRelease,
  options: AttestOptions & SigningOptions,
): Promise<Done> {
  if (options.type === undefined) {
    refuseInput({
      file: "--type",
      path: "",
      message: "say of which type it is; `npx imprimatur attest --help` lists them",
    });
  }
  const type = evidenceType(options.type);
  const given = readGiven(context, options);
  const { subjects, uncovered } = subjectsOf(named, type, options.image);
  const source = readFile(named, options);
  const content = composeEvidence(options.type, given, source?.findings);
  const sign = await openSign(options);

  const now = new Date();
  const predicate = Evidence.parse({ ...content, ...(source && { source: source.source }), at: now.toISOString() });
  const bundle = await signChecked(context, sign, buildStatement(subjects, RECORDS.evidence.type, predicate));
  checkStanding(context, bundle.person, named.module.name, predicate, now);
  const written = writeRecord(context, options.type, bundle, [subjectOf(named)]);
  const { result, summary } = predicate;
  const verdict = result === "fail" ? "FAIL: signed as evidence against" : "pass, for";
  return {
    headline: `${options.type}: ${verdict} ${releaseText(named)}${summary === "" ? "" : ` (${summary})`}`,
    written,
    person: bundle.person,
    notes: [
      ...uncovered.map((image) => `image ${image} is not covered by it: attest that too`),
      ...judgedAtNote(context),
    ],
  };
}

function readFile(named: NamedRelease, { type = "", file, format }: AttestOptions) {
  if (file === undefined) {
    if (format !== undefined) refuseInput({ file: "--format", path: "", message: "goes with --file", value: format });
    return undefined;
  }
  const bytes = readToolFile(file, MAX_SOURCE_BYTES);
  const read = readSource(evidenceType(type), bytes, file, format);
  if (read.findings !== undefined) checkAbout(named, file, read.findings);
  return { findings: read.findings, source: { format: read.format, sha256: sha256(bytes) } };
}
