import type { Authority } from "../authority.ts";
import type { Ledger } from "../ledger.ts";
import type { Stop } from "../line.ts";
import type { AnyRecord, Records, SignedRecord } from "../records.ts";
import type { Asked } from "../requirements.ts";
import type { Nature } from "../schema/formality.ts";
import type { Release } from "../schema/manifest.ts";
import type { Module } from "../schema/module.ts";
import type { TrustedStack } from "../schema/trust.ts";

/** Everything that a judgement of one release for one stack rests on. Files, keys and time have been read already. */
export interface Dossier {
  readonly module: Module;
  readonly release: Release;
  readonly stack: TrustedStack;
  readonly configHash: string;
  /** The nature of the change from what the stack runs. */
  readonly nature: Nature;
  readonly asked: Asked;
  /** Whether the stack's class admits the release's channel for the module's purpose. */
  readonly channelAdmitted: boolean;
  readonly records: Records;
  /** Ledgers of the stacks, by name. */
  readonly ledgers: ReadonlyMap<string, Ledger>;
  /** Whether the stack runs it already, by its ledger: a block stops promotion, not what runs. */
  readonly running: boolean;
  /** Why nothing is promoted now, if the line is stopped; what is settled is not promoted, so nothing stops it. */
  readonly stops: readonly Stop[];
  readonly authority: Authority;
  /** The instant of the judgement. */
  readonly now: Date;
}

/** `<module> <version>` as commands take it. */
export function releaseWords({ module, release }: Dossier): string {
  return `${module.name} ${release.manifest.version}`;
}

/** A dossier with only the positive records that a blessing names; what speaks against the release stays. */
export function restedOn(dossier: Dossier, blessing: SignedRecord<"blessing">): Dossier {
  const inputs = new Set(blessing.predicate.inputAttestations.map(({ digest }) => digest.sha256));
  const positive = (record: AnyRecord) =>
    record.kind !== "revocation" &&
    record.kind !== "block" &&
    !(record.kind === "vote" && record.predicate.verdict === "NOGO") &&
    !(record.kind === "evidence" && record.predicate.result === "fail");
  const records = dossier.records.records.filter((record) => !positive(record) || inputs.has(record.digest));
  return { ...dossier, records: { ...dossier.records, records } };
}
