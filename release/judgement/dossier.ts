import type { Authority } from "../authority.ts";
import type { Ledger } from "../ledger.ts";
import type { Stop } from "../line.ts";
import type { Records } from "../records.ts";
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
