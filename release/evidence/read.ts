import { InputError, nearestHint, refuseInput } from "../errors.ts";
import type { Findings } from "./findings.ts";
import { DOCUMENT, FORMATS, type Format } from "./formats.ts";
import type { EvidenceType } from "./types.ts";

/** A tool's file, read. */
export interface ReadSource {
  readonly format: string;
  /** Absent for a document, of which nothing is read. */
  readonly findings?: Findings;
}

/**
 * Reads a file as evidence of a type. Where no format is named and the type reads several, the one that fits is taken.
 * @throws InputError that names the file and, for each format, why it is not of it
 */
export function readSource(type: EvidenceType, bytes: Uint8Array, file: string, format?: string): ReadSource {
  if (format !== undefined) {
    const known: readonly string[] = type.formats.length === 0 ? [DOCUMENT] : type.formats;
    if (!known.includes(format)) {
      const message = `is not read for this type of evidence, which takes ${known.join(", ")}`;
      refuseInput({ file: "--format", path: "", message, value: format, ...nearestHint(format, known) });
    }
  }
  if (type.formats.length === 0) return { format: DOCUMENT };
  const wanted = type.formats.filter((name) => format === undefined || name === format);
  const problems = [];
  for (const name of wanted) {
    try {
      return { format: name, findings: FORMATS[name satisfies Format](bytes, file) };
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problems.push(...error.problems);
    }
  }
  throw new InputError(problems);
}
