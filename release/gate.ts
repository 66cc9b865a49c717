import { blessingUri, readBlessingUri } from "./blessing.ts";
import type { Catalogue } from "./catalogue.ts";
import { admitsChannel } from "./channels.ts";
import type { Files } from "./files.ts";
import { type Dossier, restedOn } from "./judgement/dossier.ts";
import type { Judgement } from "./judgement/item.ts";
import { judge } from "./judgement/judge.ts";
import { type Ballot, standingBallots } from "./judgement/votes.ts";
import { isRefusedForGood, waiversFor } from "./judgement/waivers.ts";
import { type Ledger, readLedger, runningIn, type SignedEntry, settledBy } from "./ledger.ts";
import { type Stop, standingStops } from "./line.ts";
import { natureOf } from "./nature.ts";
import {
  type AnyRecord,
  type JudgedAt,
  ofKind,
  type Records,
  readRecords,
  recordFolder,
  type SignedRecord,
} from "./records.ts";
import { type Asked, asksForBlessing, requirementsFor } from "./requirements.ts";
import type { Nature } from "./schema/formality.ts";
import type { Release } from "./schema/manifest.ts";
import type { Module } from "./schema/module.ts";
import type { TrustedStack } from "./schema/trust.ts";

/** A release that is to run in a stack, configured in a certain way. */
export interface Candidate {
  readonly module: Module;
  readonly release: Release;
  readonly configHash: string;
}

/** Whether a release may run in a stack, and why. */
export interface Standing {
  readonly allowed: boolean;
  /** The blessing that allows it; absent where the class asks for none, or there is no valid one. */
  readonly blessing?: SignedRecord<"blessing">;
  /** The ledger entry that it was settled by, where it was: then expiry no longer matters. */
  readonly settled?: SignedEntry;
  readonly judgement: Judgement;
}

/** Holds the catalogue's records against the rule. Each release's records are read once per instant that they are judged at. */
export class Gate {
  readonly #catalogue: Catalogue;
  readonly #files: Files;
  readonly #now: Date;
  readonly #ledgers = new Map<string, Ledger>();
  readonly #records = new Map<string, Records>();
  #stops: readonly Stop[] | undefined;
  readonly #anyhow = new Map<string, Standing>();

  /** `files` hold evidence and ledger: where negative records could have been deleted, the union with the protected branch. */
  constructor(catalogue: Catalogue, files: Files, now: Date) {
    this.#catalogue = catalogue;
    this.#files = files;
    this.#now = now;
  }

  /** What a release has, and what it lacks, for a first application in a stack now. */
  judge(candidate: Candidate, stack: TrustedStack): Judgement {
    return judge(this.#dossier(candidate, stack));
  }

  /**
   * Whether a release may run in a stack: its class asks for no blessing, or there is one and the verdict derived again
   * from the records that it names still holds. What the ledger shows as settled is judged at the instant of its entry,
   * so that no expiry blocks a re-apply or a rollback; revocations are judged now, always.
   */
  standing(candidate: Candidate, stack: TrustedStack): Standing {
    const settled = this.#settled(candidate, stack);
    const dossier = this.#dossier(candidate, stack, settled);
    const judgement = judge(dossier);
    if (!asksForBlessing(this.#catalogue.formality, stack)) {
      const refused = judgement.items.some(({ id, state }) => state === "refused" && /^(revoked|unusable:)/.test(id));
      return { allowed: !refused, judgement };
    }
    const blessing = this.#blessings(candidate, stack, dossier).find((found) => judge(restedOn(dossier, found)).passed);
    return {
      allowed: blessing !== undefined,
      ...(blessing === undefined ? {} : { blessing }),
      ...(settled === undefined ? {} : { settled }),
      judgement,
    };
  }

  /**
   * Whether a release may run in a stack however it is configured: its standing for a configuration that it is blessed
   * for, if any. For what shows which image or chart runs, and not as what it was configured.
   */
  standingAnyhow(module: Module, release: Release, stack: TrustedStack): Standing {
    const key = `${stack.name} ${module.name} ${release.manifestDigest}`;
    const known = this.#anyhow.get(key);
    if (known !== undefined) return known;
    const blessed = ofKind(this.records(module, release, stack), "blessing")
      .map(({ predicate }) => readBlessingUri(predicate.resourceUri))
      .filter((uri) => uri?.stack === stack.name)
      .map((uri) => uri?.configHash ?? "");
    let standing = this.standing({ module, release, configHash: blessed.at(-1) ?? "" }, stack);
    for (const configHash of standing.allowed ? [] : new Set(blessed)) {
      const other = this.standing({ module, release, configHash }, stack);
      if (other.allowed) standing = other;
    }
    this.#anyhow.set(key, standing);
    return standing;
  }

  /** The waiver of a rule for a release, however configured, that two people have signed: none against a final refusal. */
  waiver(rule: string, module: Module, release: Release, stack: TrustedStack): SignedRecord<"waiver"> | undefined {
    const dossier = this.#dossier({ module, release, configHash: "" }, stack);
    const [waiver] = waiversFor(rule, dossier);
    return waiver === undefined || judge(dossier).items.some(isRefusedForGood) ? undefined : waiver;
  }

  /** Every record about a release that counts now, or counted when the stack settled it. */
  records(module: Module, release: Release, stack: TrustedStack): readonly AnyRecord[] {
    const settled = settledBy(this.ledger(stack.name), release.manifestDigest);
    const then = settled === undefined ? [] : this.#recordsOf(module, release, settled).records;
    const all = [...then, ...this.#recordsOf(module, release, undefined).records];
    return [...new Map(all.map((record) => [record.digest, record])).values()];
  }

  /** What a stack asks of a candidate. */
  asked(candidate: Candidate, stack: TrustedStack): Asked {
    return this.#dossier(candidate, stack).asked;
  }

  /** The nature of the change that a candidate would be to what a stack runs. */
  nature(candidate: Candidate, stack: TrustedStack): Nature {
    return this.#dossier(candidate, stack).nature;
  }

  /** The last word of each person in each role on a candidate, as of now. */
  ballots(candidate: Candidate, stack: TrustedStack): readonly Ballot[] {
    return standingBallots(this.#dossier(candidate, stack));
  }

  /** Manifest digest of the release of a module that a stack runs by its ledger. */
  running(module: string, stack: TrustedStack): string | undefined {
    return runningIn(this.ledger(stack.name), module)?.to ?? undefined;
  }

  /** The ledger of a stack. */
  ledger(stack: string): Ledger {
    const found = this.#ledgers.get(stack);
    if (found !== undefined) return found;
    const { authority, ring } = this.#catalogue;
    const ledger = readLedger(this.#files, stack, ring, authority);
    this.#ledgers.set(stack, ledger);
    return ledger;
  }

  #standingStops(): readonly Stop[] {
    this.#stops ??= standingStops(this.#catalogue, this.#files, this.#now);
    return this.#stops;
  }

  /** Everything that the judgement of a candidate rests on, as of now or as of the entry that settled it. */
  #dossier({ module, release, configHash }: Candidate, stack: TrustedStack, settled?: SignedEntry): Dossier {
    const catalogue = this.#catalogue;
    const now = settled === undefined ? this.#now : new Date(settled.entry.at);
    const before = this.#before(module, release, stack, settled);
    // What ran is on the ledger, and its manifest is gone or changed: nobody can say how small the step is.
    const nature =
      before !== undefined && before.release === undefined
        ? "breaking"
        : natureOf(before?.release, release, module.versions, before !== undefined && before.configHash !== configHash);
    const subject = { module, stack, release, nature, follows: before !== undefined };
    return {
      module,
      release,
      stack,
      configHash,
      nature,
      asked: requirementsFor(catalogue.formality, subject),
      channelAdmitted: admitsChannel(catalogue.channels, module.purpose, stack.class, release.manifest.channel),
      records: this.#recordsOf(module, release, settled),
      ledgers: new Map(catalogue.stackNames.map((name) => [name, this.ledger(name)])),
      running: runningIn(this.ledger(stack.name), module.name)?.to === release.manifestDigest,
      stops: settled === undefined ? this.#standingStops() : [],
      authority: catalogue.authority,
      now,
    };
  }

  /** What the stack ran before: the other release that its ledger names last. */
  #before(module: Module, release: Release, stack: TrustedStack, settled: SignedEntry | undefined): Before | undefined {
    const change = runningIn(this.ledger(stack.name), module.name, settled?.entry.seq);
    if (change === undefined || change.to === null || change.to === release.manifestDigest) return undefined;
    const before = this.#catalogue.applied(change);
    if (before === undefined) return {};
    const blessing = ofKind(this.#recordsOf(module, before, settled).records, "blessing").find(
      ({ digest }) => digest === change.blessing,
    );
    return { release: before, configHash: readBlessingUri(blessing?.predicate.resourceUri)?.configHash };
  }

  /** The entry by which this release, configured as now, was settled here. */
  #settled({ module, release, configHash }: Candidate, stack: TrustedStack): SignedEntry | undefined {
    const settled = settledBy(this.ledger(stack.name), release.manifestDigest);
    if (settled === undefined) return undefined;
    const change = settled.entry.changes.find(({ to }) => to === release.manifestDigest);
    const uri = blessingUri(module.name, release.manifest.version, stack.name, configHash);
    const blessing = ofKind(this.#recordsOf(module, release, settled).records, "blessing").find(
      ({ digest, predicate }) => digest === change?.blessing && predicate.resourceUri === uri,
    );
    return blessing === undefined ? undefined : settled;
  }

  #recordsOf(module: Module, release: Release, settled: SignedEntry | undefined): Records {
    const folder = recordFolder(module.name, release.manifest.version);
    if (settled === undefined) return this.#read(folder, { now: this.#now });
    // The ledger proves that they existed by then: revoking a key later does not undo what was applied on them.
    // What has been said against the release since is among them too: it counts whenever it was signed.
    const at = new Date(settled.entry.at);
    return this.#read(folder, { now: at, signedAt: at });
  }

  #read(folder: string, at: JudgedAt): Records {
    const key = `${folder} ${at.now.toISOString()} ${at.signedAt !== undefined}`;
    const found = this.#records.get(key) ?? readRecords(this.#files, folder, this.#catalogue.ring, at);
    this.#records.set(key, found);
    return found;
  }

  #blessings({ module, release, configHash }: Candidate, stack: TrustedStack, dossier: Dossier) {
    const uri = blessingUri(module.name, release.manifest.version, stack.name, configHash);
    return ofKind(dossier.records.records, "blessing").filter(
      ({ predicate, subjects, person }) =>
        predicate.resourceUri === uri &&
        predicate.verificationResult === "PASSED" &&
        subjects.includes(release.manifestDigest) &&
        Date.parse(predicate.timeVerified) <= dossier.now.getTime() &&
        dossier.authority.may(person, "bless", module.name, dossier.now),
    );
  }
}

/** What ran before: empty where its manifest is not there as it was applied. */
interface Before {
  readonly release?: Release;
  readonly configHash?: string | undefined;
}
