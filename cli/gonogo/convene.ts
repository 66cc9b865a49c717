import type { z } from "zod";
import { againstOf, countedVotes, gonogoFolder, mayConvene, verdictOf } from "../../release/gonogo.ts";
import type { Decision, Opening } from "../../release/schema/gonogo.ts";
import { RECORDS } from "../../release/schema/predicates.ts";
import type { ReleaseSubject } from "../../release/statements.ts";
import { Refusal } from "../approve/outcome.ts";
import { whoMay } from "../approve/signing.ts";
import { subjectOf } from "../candidate.ts";
import type { Context } from "../context.ts";
import { type SignedBundle, signRecord, writeBundle } from "../signedRecord.ts";
import type { Sign } from "../signers.ts";
import type { Standings } from "./report.ts";

/** A record of a go/no-go that has been written. */
export interface Written extends SignedBundle {
  readonly path: string;
}

/** Signs and writes that the votes on some releases are asked for. @throws Refusal where the signer may not */
export function writeOpening(
  context: Context,
  sign: Sign,
  subjects: readonly ReleaseSubject[],
  opening: z.input<typeof Opening>,
): Promise<Written> {
  return write(context, sign, "opening", subjects, opening);
}

/**
 * Signs and writes what a go/no-go comes to now: whatever is missing still is against it.
 * @throws Refusal where the signer may not
 */
export function writeDecision(context: Context, sign: Sign, standings: Standings, now: Date): Promise<Written> {
  const { meeting, candidates, stands } = standings;
  const { stack, releases, window, start } = meeting.opening.predicate;
  const decision: z.input<typeof Decision> = {
    verdict: verdictOf(stands) === "GO" ? "GO" : "NO-GO",
    stack,
    releases,
    opening: meeting.opening.digest,
    ...(window === undefined ? {} : { window, start }),
    configHash: Object.fromEntries(
      candidates.candidates.map(({ release, configHash }) => [release.manifestDigest, configHash]),
    ),
    votes: countedVotes(stands).map(({ ballot: { person, predicate, digest } }) => ({
      person,
      role: predicate.role,
      verdict: predicate.verdict,
      vote: digest,
    })),
    against: verdictOf(stands) === "GO" ? [] : againstOf(stands),
    at: now.toISOString(),
  };
  return write(context, sign, "decision", candidates.candidates.map(subjectOf), decision);
}

async function write<K extends "opening" | "decision">(
  context: Context,
  sign: Sign,
  kind: K,
  subjects: readonly ReleaseSubject[],
  predicate: z.input<(typeof RECORDS)[K]["schema"]>,
): Promise<Written> {
  const { authority } = context.catalogue;
  const { stack, releases, at } = RECORDS[kind].schema.parse(predicate);
  const bundle = await signRecord(context, sign, kind, subjects, predicate);
  const modules = Object.keys(releases);
  if (!mayConvene(authority, bundle.person, modules, new Date(at))) {
    const able = whoMay(authority, "attest", modules[0] ?? "", new Date(at));
    const others = able.filter((person) => mayConvene(authority, person, modules, new Date(at)));
    const next =
      others.length === 0 ? "give a role that may attest to somebody for all of them" : `ask ${others.join(" or ")}`;
    throw new Refusal(`${bundle.person} holds no role that may attest for ${modules.join(", ")}`, [next]);
  }
  return { ...bundle, path: writeBundle(context, gonogoFolder(stack), kind, bundle) };
}
