import type { Catalogue } from "./catalogue.ts";
import type { Files } from "./files.ts";
import { endOfDay } from "./flags.ts";
import { byInstant, endOfVote } from "./judgement/votes.ts";
import { POLICY_WAIVERS } from "./policyWaivers.ts";
import { type AnyRecord, ofKind, readRecords, recordFolder, type SignedRecord } from "./records.ts";
import type { Release } from "./schema/manifest.ts";
import type { Module } from "./schema/module.ts";
import type { TrustKey } from "./signing/trust-keys.ts";

/** Something that counts until an instant, and that somebody may have to renew. */
export interface Expiry {
  readonly kind: "vote" | "waiver" | "flag" | "key" | "delegation";
  /** What it is, in words. */
  readonly what: string;
  /** Where it stands. */
  readonly file: string;
  readonly expires: Date;
  /** Who can renew it, and how. */
  readonly next: string;
}

/** What is looked at, and what is too long ago or too far ahead to matter. */
export interface ExpiryQuestion {
  readonly catalogue: Catalogue;
  readonly files: Files;
  /** Manifest digests that a stack pins as current, by stack. */
  readonly pinned: ReadonlyMap<string, ReadonlySet<string>>;
  readonly now: Date;
  /** How far to look ahead and, for what is simply over then, back: milliseconds. */
  readonly within: number;
}

/**
 * What runs out soon, or has lately, oldest first. A vote matters while it is for a release that its stack is still to
 * get. An expired flag, and a person in a role who has no key left, are told as long as they are there: they stand in the way.
 */
export function expiries(question: ExpiryQuestion): readonly Expiry[] {
  const { catalogue, now, within } = question;
  const from = now.getTime() - within;
  const until = now.getTime() + within;
  const passing = [...recordExpiries(question), ...delegationExpiries(catalogue)].filter(
    ({ expires }) => expires.getTime() > from,
  );
  const standing = [...flagExpiries(catalogue), ...keyExpiries(catalogue, now)];
  return [...passing, ...standing]
    .filter(({ expires }) => expires.getTime() <= until)
    .sort((a, b) => a.expires.getTime() - b.expires.getTime() || (a.what < b.what ? -1 : 1));
}

function recordExpiries(question: ExpiryQuestion): Expiry[] {
  const { catalogue, files, now } = question;
  const ofReleases = [...catalogue.modules.values()].flatMap((module) => {
    const releases = catalogue.releases(module.name);
    return releases.flatMap((release, place) => {
      const name = `${module.name} ${release.manifest.version}`;
      const { records } = readRecords(files, recordFolder(module.name, release.manifest.version), catalogue.ring, {
        now,
      });
      return [
        ...voteExpiries(question, module, release, releases.slice(place + 1), records),
        ...waiverExpiries(records, name),
      ];
    });
  });
  const ofPolicies = files
    .list(POLICY_WAIVERS)
    .flatMap((stack) =>
      waiverExpiries(readRecords(files, `${POLICY_WAIVERS}/${stack}`, catalogue.ring, { now }).records, "a resource"),
    );
  return [...ofReleases, ...ofPolicies];
}

/** GO votes of the last word, for releases that are neither in the stack nor older than what is. A NOGO never runs out. */
function voteExpiries(
  { catalogue, pinned }: ExpiryQuestion,
  module: Module,
  { manifest, manifestDigest }: Release,
  newer: readonly Release[],
  records: readonly AnyRecord[],
): Expiry[] {
  const last = new Map<string, SignedRecord<"vote">>();
  for (const vote of ofKind(records, "vote").sort(byInstant)) {
    const { stack, role } = vote.predicate;
    last.set(`${stack} ${role} ${vote.person}`, vote);
  }
  const settled = [manifestDigest, ...newer.map((other) => other.manifestDigest)];
  const wanted = [...last.values()].filter(({ predicate: { stack, verdict } }) => {
    const there = pinned.get(stack);
    return verdict === "GO" && there !== undefined && !settled.some((digest) => there.has(digest));
  });
  const release = `${module.name} ${manifest.version}`;
  return wanted.map(({ predicate, person, path }) => ({
    kind: "vote",
    what: `GO of ${person} as ${predicate.role} for ${release} in ${predicate.stack}`,
    file: path,
    expires: new Date(endOfVote(predicate, catalogue.formality.voteDays)),
    next: `${person}: npx imprimatur vote ${release} --for ${predicate.stack} --role ${predicate.role} --go --reason "…"`,
  }));
}

/** One for each text, whoever has signed it. */
function waiverExpiries(records: readonly AnyRecord[], about: string): Expiry[] {
  const waivers = ofKind(records, "waiver").map(
    ({ predicate: { rule, stack, expires, reason }, path }): Expiry => ({
      kind: "waiver",
      what: `waiver of ${rule} for ${about} in ${stack} (${reason})`,
      file: path,
      expires: new Date(expires),
      next: "mend what was waived, or waive it anew: npx imprimatur waive --help",
    }),
  );
  return [...new Map(waivers.map((waiver) => [`${waiver.what} ${waiver.expires.getTime()}`, waiver])).values()];
}

function flagExpiries({ modules }: Catalogue): Expiry[] {
  return [...modules.values()].flatMap(({ name, flags }) =>
    Object.entries(flags).map(([flag, { expires, owner }]): Expiry => {
      const file = `catalog/modules/${name}.yaml`;
      return {
        kind: "flag",
        what: `flag ${flag} of ${name}`,
        file,
        expires: endOfDay(expires),
        next: `${owner}: take it out of ${name}, or renew flags.${flag}.expires in ${file}`,
      };
    }),
  );
}

/** When each person in a role will have no key any more. Keys that were rotated away matter to nobody. */
function keyExpiries({ authority }: Catalogue, now: Date): Expiry[] {
  return Object.entries(authority.people).flatMap(([person, { keys }]): Expiry[] => {
    const holdsRole = authority.roles.some((role) => authority.holds(person, role, undefined, now));
    const ends = keys.filter(({ revoked }) => revoked === undefined).map(endOf);
    const end = Math.max(...ends);
    if (!holdsRole || ends.length === 0 || end === Number.POSITIVE_INFINITY) return [];
    return [
      {
        kind: "key",
        what: `the last key of ${person}`,
        file: "catalog/trust/people.yaml",
        expires: new Date(end),
        next: `${person}: npx imprimatur keys new ${person} --out <file> (docs/rotate-keys.md)`,
      },
    ];
  });
}

function endOf({ until }: TrustKey): number {
  return until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until);
}

function delegationExpiries({ authority }: Catalogue): Expiry[] {
  return authority.delegations.map(({ role, from, to, until }) => ({
    kind: "delegation",
    what: `${to} acting as ${role} for ${from}`,
    file: "catalog/trust/people.yaml",
    expires: new Date(until),
    next: `${from} is ${role} again, or the delegation is renewed`,
  }));
}
