import type { Authority } from "./authority.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Files } from "./files.ts";
import { canonicalJson, sha256 } from "./json.ts";
import { ofKind, readRecords, type SignedRecord } from "./records.ts";
import { FLAG_MATURITIES, type FlagDeclaration, type FlagMaturity } from "./schema/flags.ts";
import { RECORDS } from "./schema/predicates.ts";
import { buildStatement, type Statement } from "./signing/statement.ts";

/** A flag as its module declares it, with what it has earned. */
export interface JudgedFlag extends FlagDeclaration {
  readonly module: string;
  readonly flag: string;
  /** The maturity that counts: what is declared, and not more than its acceptor has signed for. */
  readonly earned: FlagMaturity;
}

/** The folder of a flag's acceptances. */
export function acceptanceFolder(module: string, flag: string): string {
  return `catalog/flags/${module}/${flag}`;
}

/** What an acceptance is signed over, as 64 hex digits: other criteria, bounds or another acceptor need another one. */
export function termsDigest(module: string, flag: string, { acceptance, earns, acceptor }: FlagDeclaration): string {
  return sha256(canonicalJson({ module, flag, acceptance, earns, acceptor }));
}

/** An acceptor's word that a feature has earned a maturity, as a statement to sign. */
export function acceptanceStatement(
  module: string,
  flag: string,
  declaration: FlagDeclaration,
  said: Omit<SignedRecord<"acceptance">["predicate"], "module" | "flag">,
): Statement {
  const subject = { name: `${module} ${flag}`, sha256: termsDigest(module, flag, declaration) };
  return buildStatement([subject], RECORDS.acceptance.type, RECORDS.acceptance.schema.parse({ module, flag, ...said }));
}

/** Every flag of every module, with the maturity that it has earned by an instant. */
export function judgedFlags({ modules, ring, authority }: Catalogue, files: Files, now: Date): JudgedFlag[] {
  return [...modules].flatMap(([module, { flags }]) =>
    Object.entries(flags).map(([flag, declaration]) => {
      const { records } = readRecords(files, acceptanceFolder(module, flag), ring, { now });
      const accepted = ofKind(records, "acceptance").filter(({ subjects }) =>
        subjects.includes(`sha256:${termsDigest(module, flag, declaration)}`),
      );
      return { ...declaration, module, flag, earned: earnedMaturity(module, declaration, accepted, authority) };
    }),
  );
}

/** What is declared, and not more than the acceptor's word covers; alpha needs nobody's. */
export function earnedMaturity(
  module: string,
  declaration: FlagDeclaration,
  accepted: readonly SignedRecord<"acceptance">[],
  authority: Authority,
): FlagMaturity {
  const ranks = accepted
    .filter(({ person, predicate }) => {
      const at = new Date(predicate.at);
      return (
        maySpeak(declaration.acceptor, person, module, authority, at) &&
        shortOf(declaration, predicate.maturity, predicate.metrics).length === 0
      );
    })
    .map(({ predicate }) => FLAG_MATURITIES.indexOf(predicate.maturity));
  const rank = Math.min(FLAG_MATURITIES.indexOf(declaration.maturity), Math.max(0, ...ranks));
  return FLAG_MATURITIES[rank] ?? "alpha";
}

/** Whether a person is the acceptor, or one of the team that is. */
export function maySpeak(acceptor: string, person: string, module: string, authority: Authority, at: Date): boolean {
  return person === acceptor || authority.holds(person, acceptor, module, at);
}

/** What the numbers fall short of, in words; stable asks for all that beta does. */
export function shortOf(
  { earns }: FlagDeclaration,
  maturity: FlagMaturity,
  metrics: Readonly<Record<string, number>>,
): string[] {
  if (maturity === "alpha") return [];
  const bounds = maturity === "stable" ? { ...earns.beta, ...earns.stable } : earns.beta;
  return Object.entries(bounds).flatMap(([metric, { min, max }]) => {
    const value = metrics[metric];
    if (value === undefined) return [`${metric} is not given`];
    if (min !== undefined && value < min) return [`${metric} is ${value}, and must be at least ${min}`];
    if (max !== undefined && value > max) return [`${metric} is ${value}, and may be at most ${max}`];
    return [];
  });
}
