import { ofKind, type SignedRecord } from "../records.ts";
import { type Dossier, releaseWords } from "./dossier.ts";
import type { Item } from "./item.ts";

/** A vote that counts. */
export type Ballot = SignedRecord<"vote">;

/** How the votes, the vetoes, the order of acknowledgements and the independence of the approvers stand. */
export function judgeVotes(dossier: Dossier): Item[] {
  const ballots = standingBallots(dossier);
  return [
    ...dossier.asked.votes.map(({ role, count }) => judgeRole(role, count, ballots, dossier)),
    ...judgeStages(ballots, dossier),
    ...judgeVetoes(ballots, dossier),
    ...judgeIndependence(ballots, dossier),
  ];
}

/**
 * The last word of each person in each role: about this manifest in this stack as it is configured, by somebody who
 * holds the role, not dated in the future and not before the release was cut. A NOGO never expires.
 */
export function standingBallots(dossier: Dossier): Ballot[] {
  const { records, now, release, stack, module, authority, configHash } = dossier;
  const cutAt = Math.min(...cutsOf(dossier).map(({ predicate }) => Date.parse(predicate.at)));
  const valid = ofKind(records.records, "vote").filter(({ predicate, subjects, person }) => {
    const at = Date.parse(predicate.at);
    return (
      subjects.includes(release.manifestDigest) &&
      predicate.stack === stack.name &&
      predicate.configHash[release.manifestDigest] === configHash &&
      at <= now.getTime() &&
      // An approval is of something that is there already; a refusal may come early.
      (predicate.verdict === "NOGO" || !(at < cutAt)) &&
      authority.holds(person, predicate.role, module.name, new Date(at)) &&
      // Who has left a role since no longer approves in it; what they refused stays refused.
      (predicate.verdict === "NOGO" || authority.holds(person, predicate.role, module.name, now))
    );
  });
  const last = new Map<string, Ballot>();
  for (const ballot of valid.sort(byInstant)) last.set(`${ballot.predicate.role} ${ballot.person}`, ballot);
  return [...last.values()].filter(
    ({ predicate }) => predicate.verdict === "NOGO" || now.getTime() < endOf(predicate, dossier.asked.voteDays),
  );
}

/** When a vote stops counting: when it says, and never later than formality allows. Milliseconds since 1970. */
function endOf({ at, expires }: Ballot["predicate"], voteDays: number): number {
  return Math.min(Date.parse(expires), Date.parse(at) + voteDays * 86_400_000);
}

/** In order of instant; of two at the same one, a NOGO is the later. */
function byInstant(a: Ballot, b: Ballot): number {
  const gap = Date.parse(a.predicate.at) - Date.parse(b.predicate.at);
  return gap !== 0 ? gap : Number(a.predicate.verdict === "NOGO") - Number(b.predicate.verdict === "NOGO");
}

function judgeRole(role: string, count: number, ballots: readonly Ballot[], dossier: Dossier): Item {
  const id = `vote:${role}`;
  const mine = ballots.filter(({ predicate }) => predicate.role === role);
  const yes = mine.filter(({ predicate }) => predicate.verdict === "GO");
  const no = mine.filter(({ predicate }) => predicate.verdict === "NOGO");
  const records = mine.map(({ digest }) => digest);
  if (yes.length >= count) {
    return { id, state: "met", text: `${role}: GO by ${names(yes)}`, records };
  }
  const tally = `${yes.length} of ${count} GO${no.length > 0 ? `, NOGO by ${names(no)}` : ""}`;
  const again = voided(role, dossier);
  const note = again.length > 0 ? `; ${again.join(", ")} voted before manifest or configuration changed` : "";
  return {
    id,
    state: "missing",
    text: `${role}: ${tally}${note}`,
    who: dossier.authority.holders(role, dossier.module.name, dossier.now),
    command: voteCommand(role, dossier),
    records,
  };
}

function voteCommand(role: string, dossier: Dossier): string {
  return `npx imprimatur vote ${releaseWords(dossier)} --for ${dossier.stack.name} --role ${role} --go --reason "…"`;
}

/** People whose vote for this stack is void because the configuration changed since. */
function voided(role: string, { records, stack, configHash, release }: Dossier): string[] {
  const old = ofKind(records.records, "vote").filter(
    ({ predicate, subjects }) =>
      predicate.role === role &&
      predicate.stack === stack.name &&
      !(subjects.includes(release.manifestDigest) && predicate.configHash[release.manifestDigest] === configHash),
  );
  return [...new Set(old.map(({ person }) => person))].sort();
}

/** Every role of a stage acknowledges, and none before the stage ahead of it is complete. */
function judgeStages(ballots: readonly Ballot[], dossier: Dossier): Item[] {
  let open = Number.NEGATIVE_INFINITY;
  return dossier.asked.stages.flatMap((roles, index) => {
    const items = roles.map((role): Item => {
      const id = `stage:${index + 1}:${role}`;
      const yes = ballots.filter(({ predicate }) => predicate.role === role && predicate.verdict === "GO");
      const inOrder = yes.filter(({ predicate }) => Date.parse(predicate.at) >= open);
      if (inOrder.length > 0) {
        return {
          id,
          state: "met",
          text: `stage ${index + 1}, ${role}: by ${names(inOrder)}`,
          records: inOrder.map(({ digest }) => digest),
        };
      }
      const why = yes.length > 0 ? "came before the stage ahead of it was complete" : "not yet";
      const who = dossier.authority.holders(role, dossier.module.name, dossier.now);
      return {
        id,
        state: "missing",
        text: `stage ${index + 1}, ${role}: ${why}`,
        who,
        command: voteCommand(role, dossier),
        records: [],
      };
    });
    const complete = items.every(({ state }) => state === "met");
    const done = roles.map((role) => firstInOrder(role, ballots, open));
    open = complete ? Math.max(...done) : Number.POSITIVE_INFINITY;
    return items;
  });
}

function firstInOrder(role: string, ballots: readonly Ballot[], open: number): number {
  const instants = ballots
    .filter(({ predicate }) => predicate.role === role && predicate.verdict === "GO")
    .map(({ predicate }) => Date.parse(predicate.at))
    .filter((at) => at >= open);
  return Math.min(...instants);
}

/** A NOGO of a role with a veto refuses, whatever the count. */
function judgeVetoes(ballots: readonly Ballot[], { authority }: Dossier): Item[] {
  return ballots
    .filter(({ predicate }) => predicate.verdict === "NOGO" && authority.hasVeto(predicate.role))
    .map(({ predicate, person, digest }) => ({
      id: `veto:${predicate.role}:${person}`,
      state: "refused",
      text: `veto of ${person} (${predicate.role}): ${predicate.reason}`,
      who: [person],
      records: [digest],
    }));
}

/** Authors are never the only approvers; where no author is known, two more people approve than otherwise. */
function judgeIndependence(ballots: readonly Ballot[], dossier: Dossier): Item[] {
  const { asked } = dossier;
  const roles = new Set([...asked.votes.map(({ role }) => role), ...asked.stages.flat()]);
  if (roles.size === 0) return [];
  const authors = new Set(cutsOf(dossier).map(({ person }) => person));
  const approvers = new Set(
    ballots
      .filter(({ predicate }) => predicate.verdict === "GO" && roles.has(predicate.role))
      .map(({ person }) => person),
  );
  const others = [...approvers].filter((person) => !authors.has(person)).sort();
  const needed = authors.size > 0 ? 1 : 3;
  const id = "independent-approval";
  const text =
    authors.size > 0
      ? `approved by somebody other than its author (${[...authors].sort().join(", ")})`
      : "its author is unknown, so three people approve it";
  return others.length >= needed
    ? [{ id, state: "met", text: `${text}: ${others.join(", ")}`, records: [] }]
    : [{ id, state: "missing", text, who: [...roles].sort(), records: [] }];
}

/** The cut attestations of people who may cut. */
export function cutsOf({ records, release, module, authority }: Dossier): SignedRecord<"cut">[] {
  return ofKind(records.records, "cut").filter(
    ({ predicate, subjects, person }) =>
      subjects.includes(release.manifestDigest) && authority.may(person, "cut", module.name, new Date(predicate.at)),
  );
}

function names(ballots: readonly Ballot[]): string {
  return ballots
    .map(({ person }) => person)
    .sort()
    .join(", ");
}
