import { z } from "zod";

/** What every predicate type of our own starts with: `<prefix><name>/v<version>`. */
const PREDICATE_PREFIX = "https://imprimatur.dev/predicate/";

/** DSSE payload type of an in-toto statement (in-toto Attestation Framework, envelope layer). */
export const STATEMENT_PAYLOAD_TYPE = "application/vnd.in-toto+json";

/** `_type` of the statements that we write (in-toto Statement v1). */
const STATEMENT_TYPE = "https://in-toto.io/Statement/v1";

/** `_type` that `cosign attest-blob` still writes. The four fields mean the same in both. */
const STATEMENT_TYPE_V01 = "https://in-toto.io/Statement/v0.1";

const Subject = z.object({
  name: z.string().default("").describe("For people; only the digest counts"),
  digest: z.object({
    sha256: z.string().regex(/^[0-9a-f]{64}$/, "must be 64 lower-case hex digits"),
  }),
});

/**
 * An in-toto statement: somebody says `predicate` about each subject.
 * Fields that the specification leaves open, and digests other than SHA-256, are dropped, so that no rule can rest on them.
 */
export const Statement = z.object({
  _type: z.enum([STATEMENT_TYPE, STATEMENT_TYPE_V01]),
  subject: z.array(Subject).min(1),
  predicateType: z.string().min(1),
  predicate: z.record(z.string(), z.unknown()),
});
export type Statement = z.infer<typeof Statement>;

/** What a statement is about: a file or an image index. */
export interface StatementSubject {
  /** A file name or an image repository: for people. */
  readonly name: string;
  /** SHA-256 as 64 lower-case hex digits, without `sha256:`. */
  readonly sha256: string;
}

/** The URI of one of our own predicate types, such as `…/vote/v1`. */
export function predicateType(name: string, version = 1): string {
  return `${PREDICATE_PREFIX}${name}/v${version}`;
}

/**
 * Builds an in-toto Statement v1.
 * @throws z.ZodError where a digest is malformed or there is no subject: a mistake of the caller, not of a user
 */
export function buildStatement(
  subjects: readonly StatementSubject[],
  type: string,
  predicate: Readonly<Record<string, unknown>>,
): Statement {
  return Statement.parse({
    _type: STATEMENT_TYPE,
    subject: subjects.map(({ name, sha256 }) => ({ name, digest: { sha256 } })),
    predicateType: type,
    predicate,
  });
}
