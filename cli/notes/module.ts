import { MAX_SOURCE_BYTES } from "../../release/evidence/findings.ts";
import { testNames } from "../../release/evidence/readers/junit.ts";
import { sha256 } from "../../release/json.ts";
import { natureOf } from "../../release/nature.ts";
import { artifactChanges } from "../../release/notes/artifacts.ts";
import { flagChanges } from "../../release/notes/flags.ts";
import { ofKind, readRecords, recordFolder } from "../../release/records.ts";
import type { Release } from "../../release/schema/manifest.ts";
import type { Module } from "../../release/schema/module.ts";
import { readToolFile } from "../attest/file.ts";
import type { Context } from "../context.ts";
import type { SourceRepository } from "../tag/source.ts";
import { moduleWhenCut, readHistory } from "./history.ts";
import type { ModuleNotes } from "./report.ts";

/** One end of a module's notes: a release or, for a draft, a commit of its source alone. */
export interface End {
  /** The version, or what was typed for the commit. */
  readonly label: string;
  readonly release?: Release | undefined;
  readonly commit: string;
}

/** What a module's notes are made from. */
export interface ModuleSpan {
  readonly module: Module;
  readonly from?: End | undefined;
  readonly to: End;
}

/** Where more is told than manifests tell. */
export interface Sources {
  readonly source?: SourceRepository | undefined;
  /** Folder of the source repository that the module is in. */
  readonly path?: string | undefined;
  /** JUnit reports of the unit tests, before and now. */
  readonly tests?: { readonly before: string; readonly after: string } | undefined;
  /** Tracks that the stack keeps the module to. */
  readonly tracks: readonly string[];
}

/** What is new in a module. @throws InputError where a report or a commit cannot be read */
export function moduleNotes(context: Context, { module, from, to }: ModuleSpan, given: Sources): ModuleNotes {
  const { source, path, tests, tracks } = given;
  const before = from?.release === undefined ? undefined : moduleWhenCut(context, module.name, from.label);
  const now = to.release === undefined ? module : (moduleWhenCut(context, module.name, to.label) ?? module);
  const history =
    source === undefined || from === undefined ? undefined : readHistory(source, from.commit, to.commit, path);
  const manifest = to.release?.manifest;
  return {
    module: module.name,
    description: module.description,
    ...(from === undefined ? {} : { from: from.label }),
    to: to.label,
    draft: to.release === undefined,
    ...(to.release === undefined
      ? {}
      : {
          channel: to.release.manifest.channel,
          manifestDigest: to.release.manifestDigest,
          nature: natureOf(from?.release, to.release, module.versions, false),
        }),
    acceptance: [...(manifest?.acceptance ?? [])],
    tracks: [...tracks],
    artifacts: manifest === undefined ? [] : artifactChanges(from?.release?.manifest, manifest),
    ...(history && { history: { brought: history.brought.map(copy), lost: history.lost.map(copy) } }),
    ...flagChanges(before ?? (from === undefined ? { flags: {} } : now), now),
    ...(tests && { tests: testChanges(context, module.name, to.release, tests) }),
    provisions: to.release === undefined ? [] : provisionsOf(context, module.name, to.release),
  };
}

/** What is said of a module that is there no more. */
export function takenOut(module: Module, from: string): ModuleNotes {
  const nothing = { acceptance: [], tracks: [], artifacts: [], flagsIn: [], flagsOut: [], provisions: [] };
  return { module: module.name, description: module.description, from, draft: false, ...nothing };
}

function copy<T extends { readonly issues: readonly string[] }>(brought: T): T & { issues: string[] } {
  return { ...brought, issues: [...brought.issues] };
}

/** What people who may attest for a module say that a release's deployment needs besides. */
export function provisionsOf(context: Context, module: string, release: Release): ModuleNotes["provisions"] {
  return statementsOf(context, module, release, "special-provisions").map(({ person, predicate }) => ({
    person,
    text: predicate.summary,
  }));
}

/** The signed evidence of one type on a release, of those who may attest for it. */
export function statementsOf({ catalogue, files }: Context, module: string, release: Release, type: string) {
  const folder = recordFolder(module, release.manifest.version);
  const { records } = readRecords(files, folder, catalogue.ring, { now: new Date() });
  return ofKind(records, "evidence").filter(
    ({ predicate, person, subjects }) =>
      predicate.type === type &&
      subjects.includes(release.manifestDigest) &&
      catalogue.authority.may(person, "attest", module, new Date(predicate.at)),
  );
}

function testChanges(
  context: Context,
  module: string,
  release: Release | undefined,
  files: NonNullable<Sources["tests"]>,
): NonNullable<ModuleNotes["tests"]> {
  const [before, after] = [readToolFile(files.before, MAX_SOURCE_BYTES), readToolFile(files.after, MAX_SOURCE_BYTES)];
  const [old, now] = [testNames(before, files.before), testNames(after, files.after)];
  const signed = release === undefined ? [] : statementsOf(context, module, release, "test-result");
  return {
    added: [...now.difference(old)].sort(),
    removed: [...old.difference(now)].sort(),
    attested: signed.some(({ predicate }) => predicate.source?.sha256 === sha256(after)),
  };
}
