import type { z } from "zod";
import { RECORDS, type RecordKind } from "./schema/predicates.ts";
import { buildStatement, type Statement } from "./signing/statement.ts";

/** A release as the subject of a statement: its name is for people, only the manifest digest counts. */
export interface ReleaseSubject {
  readonly module: string;
  readonly version: string;
  /** `sha256:…` */
  readonly manifestDigest: string;
}

/**
 * A record of one kind about some releases, as a statement to sign.
 * @throws z.ZodError where the predicate is malformed
 */
export function recordStatement<K extends RecordKind>(
  kind: K,
  subjects: readonly ReleaseSubject[],
  predicate: z.input<(typeof RECORDS)[K]["schema"]>,
): Statement {
  const named = subjects.map(({ module, version, manifestDigest }) => ({
    name: `${module} ${version}`,
    sha256: manifestDigest.slice("sha256:".length),
  }));
  return buildStatement(named, RECORDS[kind].type, RECORDS[kind].schema.parse(predicate));
}
