import type { z } from "zod";
import { refuseInput } from "../errors.ts";

/** What a tool's file says, in the terms that evidence is written in. */
export interface Findings {
  readonly result: "pass" | "fail";
  /** Numbers that thresholds are held against. Shares are in percent. */
  readonly metrics: Readonly<Record<string, number>>;
  /** In a sentence. */
  readonly summary: string;
  /** Where the file says what it is about: the SHA-256 of those artifacts, 64 hex digits each. */
  readonly about?: readonly string[];
  /** Where the file says what was built: the source commit. */
  readonly commit?: string;
}

/**
 * Reads one format. Pure.
 * @throws InputError, and nothing else, that names the file and says why it is not of the format
 */
export type Reader = (bytes: Uint8Array, file: string) => Findings;

/** The largest file of a tool that is read, in bytes: the SBOM of a large image takes some ten MiB. */
export const MAX_SOURCE_BYTES = 64 * 1024 * 1024;

/** Refuses a file that is not of a format. `reason` completes "is not …: ". */
export function notOfFormat(file: string, format: string, reason: string): never {
  refuseInput({ file, path: "", message: `is not ${format}: ${reason}` });
}

/** The text of a file in UTF-8; a byte order mark is passed over, as tools on Windows write one. */
export function textOf(bytes: Uint8Array, file: string, format: string): string {
  if (bytes.byteLength > MAX_SOURCE_BYTES) {
    const message = `has ${bytes.byteLength} bytes; at most ${MAX_SOURCE_BYTES} are read`;
    refuseInput({ file, path: "", message });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return notOfFormat(file, format, "it is not UTF-8 text");
  }
}

/** A JSON file as a schema gives it. */
export function jsonOf<T extends z.ZodType>(bytes: Uint8Array, file: string, format: string, schema: T): z.output<T> {
  const text = textOf(bytes, file, format);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    notOfFormat(file, format, "it is not JSON");
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "it" : issue.path.map(String).join(".");
  return notOfFormat(file, format, `${where}: ${issue?.message ?? "is malformed"}`);
}

/** `3 tests`, `1 test`. */
export function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? "" : "s"}`;
}
