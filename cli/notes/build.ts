import { nearestHint, refuseInput } from "../../release/errors.ts";
import { parseFile } from "../../release/parse.ts";
import type { Module } from "../../release/schema/module.ts";
import { ParityFile } from "../../release/schema/parity.ts";
import type { NamedRelease } from "../candidate.ts";
import type { Context } from "../context.ts";
import { findDifferences } from "../environments/differences.ts";
import { readStacks } from "../stacks.ts";
import { inOrder, rollbackInstructions, type Step, upgradeInstructions } from "./instructions.ts";
import { type ModuleSpan, moduleNotes, type Sources, takenOut } from "./module.ts";
import type { Place } from "./places.ts";
import type { Notes } from "./report.ts";

/** What notes are asked for. */
export interface NotesRequest {
  readonly title: string;
  readonly from: string;
  readonly to: string;
  readonly stack: string | undefined;
  /** Name of the release in the roadmap. */
  readonly release: string | undefined;
  /** What is new, and what is taken out. */
  readonly spans: readonly ModuleSpan[];
  readonly gone: readonly NamedRelease[];
  readonly sources: Omit<Sources, "tracks">;
}

const PARITY_FILE = "catalog/parity.yaml";

/** What differs between two places: modules whose manifests do, and those that the second no longer has. */
export function spansBetween(from: Place, to: Place): Pick<NotesRequest, "spans" | "gone"> {
  const spans = [...to.releases.values()].flatMap((named): ModuleSpan[] => {
    const before = from.releases.get(named.module.name);
    if (before?.release.manifestDigest === named.release.manifestDigest) return [];
    return [{ module: named.module, from: before && endOf(before), to: endOf(named) }];
  });
  const gone = to.isTrain ? [] : [...from.releases.values()].filter(({ module }) => !to.releases.has(module.name));
  return { spans, gone };
}

/** A release as an end of a module's notes. */
export function endOf({ release }: NamedRelease): ModuleSpan["to"] {
  return { label: release.manifest.version, release, commit: release.manifest.commit };
}

/** Puts the notes together. @throws InputError where something that they are made from cannot be read */
export function buildNotes(context: Context, request: NotesRequest): Notes {
  const { title, from, to, stack, spans, gone, sources } = request;
  const { roadmap, judgedAt: now = new Date() } = context.catalogue;
  const modules = inOrder(spans);
  const names = [...modules, ...gone].map(({ module }) => module.name);
  const concerns = (entry: { readonly modules: readonly string[] }) =>
    entry.modules.length === 0 || entry.modules.some((module) => names.includes(module));
  const planned = roadmap.releases.findIndex(({ name }) => name === (request.release ?? to));
  if (request.release !== undefined && planned === -1) {
    const known = roadmap.releases.map(({ name }) => name);
    const hint = nearestHint(request.release, known);
    const message = "is no release of catalog/roadmap.yaml";
    refuseInput({ file: "--release", path: "", message, value: request.release, ...hint });
  }
  const release = roadmap.releases[planned];
  const steps = modules.map(
    ({ module, from: before, to: after }): Step => ({ module, from: before?.release, to: after.release }),
  );
  return {
    title,
    from,
    to,
    ...(stack === undefined ? {} : { stack }),
    ...(release === undefined ? {} : { release }),
    modules: [
      ...modules.map((span) =>
        moduleNotes(context, span, { ...sources, tracks: tracksOf(context, span.module, stack) }),
      ),
      ...gone.map(({ module, release: before }) => takenOut(module, before.manifest.version)),
    ],
    tracks: roadmap.tracks.filter(concerns),
    ...environmentsOf(context, stack, names),
    upgrade: upgradeInstructions(steps, stack),
    rollback: rollbackInstructions(steps, stack),
    roadmap: roadmap.releases.slice(planned + 1).filter((later) => concerns(later) && isToCome(later.date, now)),
    feedback: roadmap.feedback.filter(concerns).map(({ url }) => url),
  };
}

function isToCome(date: string | undefined, now: Date): boolean {
  return date === undefined || date >= now.toISOString().slice(0, 10);
}

function tracksOf({ catalogue }: Context, module: Module, stack: string | undefined): string[] {
  return catalogue.formality.tracks
    .filter(
      ({ stacks, modules }) =>
        stack !== undefined && stacks.includes(stack) && (modules?.includes(module.name) ?? true),
    )
    .map(({ name, admits }) => `${name}: ${admits.join(", ")}`);
}

/**
 * In what environments differ as these modules are configured: a stack and the one that proves what comes to it, or all
 * where no stack is meant; and the differences that are agreed on.
 */
function environmentsOf(
  context: Context,
  stack: string | undefined,
  modules: readonly string[],
): Pick<Notes, "differences" | "parity"> {
  const { catalogue, files } = context;
  const mirrors = stack === undefined ? undefined : catalogue.stack(stack).mirrors;
  const compared = stack === undefined ? catalogue.stackNames : [...(mirrors === undefined ? [] : [mirrors]), stack];
  const present = compared.filter((name) => files.read(`Pulumi.${name}.yaml`) !== undefined);
  const { rows } = findDifferences(readStacks(context, present, []).map(({ platform }) => platform));
  const own = (key: string) => modules.some((module) => key === module || key.startsWith(`${module}.`));
  const parity =
    files.read(PARITY_FILE) === undefined ? { differences: [] } : parseFile(files, PARITY_FILE, ParityFile);
  return {
    differences: rows.filter(({ section, key }) => (section === "values" || section === "flags") && own(key)),
    parity: parity.differences.map(({ resource, path, reason }) => ({
      what: path === undefined ? resource : `${resource} ${path}`,
      reason,
    })),
  };
}
