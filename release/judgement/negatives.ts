import type { Authority } from "../authority.ts";
import { type AnyRecord, ofKind, type SignedRecord } from "../records.ts";
import type { Power } from "../schema/people.ts";
import type { Dossier } from "./dossier.ts";
import { releaseWords } from "./dossier.ts";
import type { Item } from "./item.ts";
import { cutsOf } from "./votes.ts";

/**
 * What speaks against a release whatever else there is: revocations, blocks, a stopped line, files that somebody has tampered with.
 * Anybody's signed revocation stands if they may revoke; nothing takes it back.
 */
export function judgeNegatives(dossier: Dossier): Item[] {
  const { records, authority, module, release, stack } = dossier;
  const about = ({ subjects }: { subjects: readonly string[] }) => subjects.includes(release.manifestDigest);
  const revoked = ofKind(records.records, "revocation")
    .filter(
      (record) => about(record) && authority.may(record.person, "revoke", module.name, new Date(record.predicate.at)),
    )
    .map(({ predicate, person, digest }) => refusal("revoked", `revoked by ${person}: ${predicate.reason}`, [digest]));
  // What runs keeps running.
  const blocks = dossier.running ? [] : blocksOf(records.records, { module, release, stack }, authority);
  const blocked = blocks.map(({ predicate, person, digest }) =>
    refusal("blocked", `blocked by ${person}: ${predicate.reason}`, [digest]),
  );
  // Such a file may have been a NOGO: what it said cannot be known, so the release cannot pass.
  const tampered = records.unusable
    .filter(({ lapsed }) => !lapsed)
    .map(({ path, message }) => refusal(`unusable:${path}`, `${path} ${message}`, []));
  const line = dossier.stops.map(({ text, digest }) =>
    refusal("line", `the line is stopped: ${text}`, digest === undefined ? [] : [digest]),
  );
  return [...revoked, ...blocked, ...line, ...tampered];
}

/**
 * The blocks of a release that count for a stack: by whoever may block, or for this stack alone by who operates it, since
 * taking a release back is theirs to do.
 */
export function blocksOf(
  records: readonly AnyRecord[],
  { module, release, stack }: Pick<Dossier, "module" | "release" | "stack">,
  authority: Authority,
): SignedRecord<"block">[] {
  return ofKind(records, "block").filter(({ subjects, person, predicate }) => {
    const may = (power: Power) => authority.may(person, power, module.name, new Date(predicate.at));
    const here = (predicate.stack ?? stack.name) === stack.name;
    return (
      subjects.includes(release.manifestDigest) &&
      here &&
      (may("block") || (predicate.stack !== undefined && may("operate")))
    );
  });
}

function refusal(id: string, text: string, records: string[]): Item {
  return { id, state: "refused", text, records };
}

/** Whether the release was made by somebody who may make it, on a channel that the stack admits, on a track that admits it. */
export function judgeOrigin(dossier: Dossier): Item[] {
  const { release, stack, module, asked, nature, channelAdmitted } = dossier;
  const cuts = cutsOf(dossier);
  const { channel } = release.manifest;
  const cut: Item =
    cuts.length > 0
      ? {
          id: "cut",
          state: "met",
          text: `cut by ${cuts.map(({ person }) => person).join(", ")}`,
          records: cuts.map(({ digest }) => digest),
        }
      : {
          id: "cut",
          state: "missing",
          text: "no signed cut",
          command: `npx imprimatur cut ${releaseWords(dossier)} …`,
          records: [],
        };
  const admitted: Item = channelAdmitted
    ? { id: "channel", state: "met", text: `channel ${channel} is admitted`, records: [] }
    : {
        id: "channel",
        state: "refused",
        text: `channel ${channel} is not admitted for ${module.purpose} modules in ${stack.class}`,
        records: [],
      };
  const tracks = asked.tracks.map(
    ({ name, admits, admitted }): Item => ({
      id: `track:${name}`,
      state: admitted ? "met" : "refused",
      text: `${name}: ${admitted ? `a ${nature} change is admitted` : `admits ${admits.join(", ")} and this is a ${nature} change`}`,
      records: [],
    }),
  );
  return [cut, admitted, ...tracks];
}
