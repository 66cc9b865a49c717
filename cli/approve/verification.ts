import { z } from "zod";
import { InputError } from "../../release/errors.ts";
import type { Files } from "../../release/files.ts";
import { GONOGO, gonogoFolder } from "../../release/gonogo.ts";
import { auditLedger } from "../../release/ledgerAudit.ts";
import { POLICY_WAIVERS, policyWaiverFolder } from "../../release/policyWaivers.ts";
import { type AnyRecord, readRecords, recordFolder } from "../../release/records.ts";
import { asksForBlessing } from "../../release/requirements.ts";
import { Instant } from "../../release/schema/common.ts";
import type { Release } from "../../release/schema/manifest.ts";
import { STACKS_FILE } from "../../release/trust.ts";
import { normalizeVersion } from "../../release/versions.ts";
import { workingTree } from "../../store/files.ts";
import { forkedEntries } from "../../store/ledgerBranch.ts";
import { readReleases } from "../candidate.ts";
import type { Context } from "../context.ts";
import { checkGonogos } from "../gonogo/check.ts";
import { checkPinHistory } from "../ledger/pinHistory.ts";
import { readStacks } from "../stacks.ts";
import { checkDayRecords } from "./dayRecords.ts";
import { checkPolicyWaivers } from "./policyWaivers.ts";
import { appendOnlyProblems, trustNotes } from "./protected.ts";

const Finding = z.strictObject({ file: z.string(), message: z.string() });
export type Finding = z.infer<typeof Finding>;

/** What is sound in a catalogue, and what is not (`schemas/verify.json`). */
export const VerifyReport = z
  .strictObject({
    at: Instant,
    checked: z.strictObject({
      manifests: z.int(),
      records: z.int(),
      ledgerEntries: z.int(),
      stacks: z.int(),
      /** Changes of pins in the history of the protected branch, where that was asked for. */
      pinChanges: z.int().optional(),
    }),
    /** Files that prove nothing or were changed: each refuses what rests on it. */
    problems: z.array(Finding),
    /** What only counts no longer, or is not signed for yet. */
    notes: z.array(Finding),
  })
  .meta({ title: "Imprimatur verify" });
export type VerifyReport = z.infer<typeof VerifyReport>;

/** One module, or one release of it. */
export interface Scope {
  readonly module?: string;
  readonly version?: string;
  /** Git ref whose history of pins is held against the ledgers. */
  readonly history?: string;
}

/** Reads and verifies everything in scope. Never throws on what a file contains. */
export function verifyCatalogue(context: Context, at: Date, scope: Scope): VerifyReport {
  const check = new Verification(context, at, scope);
  check.run();
  const { problems, notes, checked } = check;
  return { at: at.toISOString(), checked, problems: distinct(problems), notes: distinct(notes) };
}

class Verification {
  readonly problems: Finding[] = [];
  readonly notes: Finding[] = [];
  readonly checked: VerifyReport["checked"] = { manifests: 0, records: 0, ledgerEntries: 0, stacks: 0 };
  readonly #context: Context;
  readonly #at: Date;
  readonly #scope: Scope;
  /** Entries of the ledger that its branch has otherwise. */
  readonly #forked: ReadonlyMap<string, Uint8Array>;

  constructor(context: Context, at: Date, scope: Scope) {
    this.#context = context;
    this.#at = at;
    this.#scope = scope;
    this.#forked = forkedEntries(context.root, workingTree(context.root));
  }

  run(): void {
    const { catalogue, files } = this.#context;
    const readable = [
      this.#reading(() => catalogue.stackNames),
      this.#reading(() => catalogue.channels),
      this.#reading(() => catalogue.formality),
      this.#reading(() => catalogue.calendar),
      this.#reading(() => catalogue.ring),
      this.#reading(() => catalogue.modules),
    ].every(Boolean);
    // Without trust nothing can be verified, and naming every bundle would hide the one file that is broken.
    if (!readable) return;
    for (const [module, version] of this.#releases(files)) this.#checkRelease(module, version);
    if (this.#scope.module === undefined) {
      for (const stack of catalogue.stackNames) {
        if (this.#reading(() => readStacks(this.#context, [stack], []))) this.checked.stacks += 1;
      }
      for (const stack of files.list("catalog/ledger")) this.#checkLedger(stack);
      for (const stack of files.list(POLICY_WAIVERS)) this.#checkWaivers(stack);
      if (this.#scope.history !== undefined) this.#checkHistory(this.#scope.history);
      for (const stack of files.list(GONOGO)) this.#checkGonogos(stack);
      for (const train of catalogue.trainNames) this.#reading(() => readReleases(this.#context, [train]));
      this.#add(checkDayRecords(this.#context, this.#at));
    }
    this.problems.push(...appendOnlyProblems(this.#context));
    this.notes.push(...trustNotes(this.#context));
  }

  /** Whether it could be read; what is wrong with it becomes a problem. */
  #reading(read: () => unknown): boolean {
    try {
      read();
      return true;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      for (const { file, path, line, message, value } of error.problems) {
        const place = [line === undefined ? "" : `line ${line}`, path].filter((part) => part !== "").join(" ");
        const shown = value === undefined ? "" : ` (${JSON.stringify(value)})`;
        this.problems.push({ file, message: `${place === "" ? "" : `${place}: `}${message}${shown}` });
      }
      return false;
    }
  }

  /** Every release that has a manifest or a record, in scope. */
  #releases(files: Files): [module: string, version: string][] {
    const { module: only, version: onlyVersion } = this.#scope;
    const modules = new Set([...files.list("catalog/releases"), ...files.list("catalog/evidence")]);
    return [...modules].sort().flatMap((module) => {
      if (only !== undefined && module !== only) return [];
      const manifests = files.list(`catalog/releases/${module}`).map((name) => name.replace(/\.json$/, ""));
      const versions = new Set([...manifests, ...files.list(`catalog/evidence/${module}`)]);
      return [...versions]
        .filter((version) => onlyVersion === undefined || version === onlyVersion)
        .map((version): [string, string] => [module, version]);
    });
  }

  #checkRelease(moduleName: string, version: string): void {
    const { catalogue, files } = this.#context;
    const file = catalogue.releasePath(moduleName, version);
    const module = catalogue.modules.get(moduleName);
    if (module === undefined) {
      this.problems.push({ file, message: `there is no catalog/modules/${moduleName}.yaml` });
    } else if (normalizeVersion(module.versions, moduleName, version) !== version) {
      this.problems.push({ file, message: `${JSON.stringify(version)} is no ${module.versions} version` });
    }
    let release: Release | undefined;
    const sound = this.#reading(() => {
      release = catalogue.release(moduleName, version);
    });
    if (release !== undefined) this.checked.manifests += 1;
    const folder = recordFolder(moduleName, version);
    const { records, unusable } = readRecords(files, folder, catalogue.ring, { now: this.#at });
    this.checked.records += records.length;
    for (const { path, message, lapsed } of unusable)
      (lapsed ? this.notes : this.problems).push({ file: path, message });
    if (release === undefined) {
      if (sound) this.problems.push({ file: folder, message: `holds records, but there is no ${file}` });
    } else this.#checkSubjects(file, release, records, unusable.length);
  }

  /** Whether the records are about the manifest that is there. */
  #checkSubjects(
    file: string,
    { manifest, manifestDigest }: Release,
    records: readonly AnyRecord[],
    unusable: number,
  ): void {
    const own = new Set([manifestDigest, ...Object.values(manifest.images).map(({ digest }) => digest)]);
    const strangers = records.filter(({ subjects }) => !subjects.some((subject) => own.has(subject)));
    const named = records.length - strangers.length;
    if (records.length === 0) {
      if (unusable === 0) this.notes.push({ file, message: "nobody has signed for it" });
    } else if (named === 0) {
      const message = `has manifest digest ${manifestDigest}, and all ${strangers.length} records are about other bytes`;
      this.problems.push({ file, message });
    } else {
      for (const { path } of strangers)
        this.problems.push({ file: path, message: "is about another release than this one" });
    }
  }

  /** Stacks that ask for no blessing may float, and need no ledger. */
  #checkHistory(ref: string): void {
    const { catalogue } = this.#context;
    if (catalogue.judgedAt !== undefined) {
      // Its ledger was made with it, and tells of times before its first commit.
      const message = "has judgedAt, as a reference platform does: its history is not held against its ledger";
      this.notes.push({ file: STACKS_FILE, message });
      return;
    }
    for (const name of catalogue.stackNames) {
      if (!asksForBlessing(catalogue.formality, catalogue.stack(name))) continue;
      const { problems, notes, changes } = checkPinHistory(this.#context, name, ref);
      this.checked.pinChanges = (this.checked.pinChanges ?? 0) + changes;
      this.problems.push(...problems);
      this.notes.push(...notes);
    }
  }

  #checkStack(stack: string, file: string, what: string): void {
    if (this.#context.catalogue.stackNames.includes(stack)) return;
    this.problems.push({ file, message: `${what} of no stack in catalog/trust/stacks.yaml` });
  }

  #checkWaivers(stack: string): void {
    this.#checkStack(stack, policyWaiverFolder(stack), "holds waivers");
    this.#add(checkPolicyWaivers(this.#context, stack, this.#at));
  }

  #checkGonogos(stack: string): void {
    this.#checkStack(stack, gonogoFolder(stack), "holds go/no-gos");
    this.#add(checkGonogos(this.#context, stack, this.#at));
  }

  #add({ records, problems, notes }: ReturnType<typeof checkPolicyWaivers>): void {
    this.checked.records += records;
    this.problems.push(...problems);
    this.notes.push(...notes);
  }

  #checkLedger(stack: string): void {
    const { catalogue, files } = this.#context;
    this.#checkStack(stack, `catalog/ledger/${stack}`, "is the ledger");
    const { entries, faults } = auditLedger(files, stack, catalogue, this.#forked);
    this.checked.ledgerEntries += entries.length;
    this.problems.push(...faults.map(({ path, message }) => ({ file: path, message })));
  }
}

function distinct(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [`${finding.file}\n${finding.message}`, finding])).values()];
}
