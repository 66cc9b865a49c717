import { resolve } from "node:path";
import { compareChannels } from "../../release/channels.ts";
import { refuseInput } from "../../release/errors.ts";
import { prettyJson } from "../../release/json.ts";
import type { Module } from "../../release/schema/module.ts";
import { writeFileAtomically } from "../../store/write.ts";
import { readRelease } from "../candidate.ts";
import { type Context, type GlobalOptions, openContext } from "../context.ts";
import { buildNotes, endOf, type NotesRequest, spansBetween } from "../notes/build.ts";
import { renderNotes } from "../notes/markdown.ts";
import type { End } from "../notes/module.ts";
import { findPlace, type Place, readPlace } from "../notes/places.ts";
import { commitAt, openSource, type SourceRepository } from "../tag/source.ts";
import { type ExitCode, examples, runsVerb, type Verb } from "../verb.ts";

interface NotesOptions extends GlobalOptions {
  readonly from?: string;
  readonly to?: string;
  readonly for?: string;
  readonly repo?: string;
  readonly path?: string;
  readonly testsBefore?: string;
  readonly testsAfter?: string;
  readonly release?: string;
  readonly out?: string;
  readonly json?: boolean;
}

export const notes: Verb = (program) => {
  program
    .command("notes")
    .description(
      "Write release notes: of one module from a version to another, or of all that differs between two places",
    )
    .argument("[module]", "the module; without one, --from and --to name places")
    .option("--from <version or place>", "a version, or a place: <stack>, <stack>@<ledger entry> or a train")
    .option("--to <version or place>", "as --from; with --repo also a commit such as HEAD, for a draft")
    .option("--for <stack>", "the stack that they are for (default: --from, where that is one)")
    .option("--repo <directory>", "a clone of the module's source, for its pull requests, issues and commits")
    .option("--path <folder>", "only what concerns this folder of the clone")
    .option("--tests-before <file>", "JUnit report of the unit tests as they were")
    .option("--tests-after <file>", "JUnit report of the unit tests as they are")
    .option("--release <name>", "release of catalog/roadmap.yaml whose goals they open with (default: the train)")
    .option("--out <file>", "write them there, as Markdown or, with --json, as JSON")
    .option("--json", "as JSON (schemas/notes.json)")
    .addHelpText(
      "after",
      examples(
        "notes skaha --from 1.0.2 --to 1.1.0 --for prod --repo ../science-platform",
        "notes maya-io --to HEAD --repo ../maya-io",
        "notes --from prod --to staging",
        "notes --from prod@1 --to prod@2 --out notes.md",
      ),
    )
    .action(runsVerb(run));
};

async function run([moduleName]: readonly string[], options: NotesOptions): Promise<ExitCode> {
  const context = openContext(options);
  const module =
    moduleName === undefined ? undefined : context.catalogue.module(moduleName, { file: "<module>", path: "" });
  const request = module === undefined ? betweenPlaces(context, options) : ofModule(context, module, options);
  const found = buildNotes(context, request);
  const text = options.json ? prettyJson(found) : renderNotes(found);
  if (options.out === undefined) process.stdout.write(text);
  else {
    writeFileAtomically(resolve(options.out), text);
    process.stdout.write(`${options.out} written\n`);
  }
  return 0;
}

function betweenPlaces(context: Context, options: NotesOptions): NotesRequest {
  const alone = (["repo", "path", "testsBefore", "testsAfter"] as const).find((key) => options[key] !== undefined);
  if (alone !== undefined) {
    const flag = `--${alone.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    refuseInput({ file: flag, path: "", message: "is about the source of one module: name the module" });
  }
  if (options.from === undefined || options.to === undefined) {
    const message = "name a module, or two places with --from and --to";
    refuseInput({ file: "notes", path: "", message });
  }
  const [from, to] = [readPlace(context, options.from, "--from"), readPlace(context, options.to, "--to")];
  return {
    title: to.label,
    from: from.label,
    to: to.label,
    stack: stackFor(context, options, from),
    release: options.release,
    ...spansBetween(from, to),
    sources: {},
  };
}

function ofModule(context: Context, module: Module, options: NotesOptions): NotesRequest {
  const source = options.repo === undefined ? undefined : openSource(options.repo);
  const versions = releasedVersions(context, module);
  const to = readEnd(context, module, options.to ?? versions.at(-1), "--to", source);
  const at = versions.indexOf(to.label);
  const earlier = to.release === undefined || at === -1 ? versions.at(-1) : versions[at - 1];
  const typed = options.from ?? earlier;
  const from = typed === undefined ? undefined : readEnd(context, module, typed, "--from", source);
  const place = options.from === undefined ? undefined : findPlace(context, options.from, "--from");
  return {
    title: `${module.name} ${to.label}`,
    from: from?.label ?? "nothing",
    to: to.label,
    stack: stackFor(context, options, place),
    release: options.release,
    spans: [{ module, from, to }],
    gone: [],
    sources: { source, path: options.path, tests: testsOf(options) },
  };
}

/** Versions that are more than builds of some day, oldest first; all of them, where there is none. */
function releasedVersions({ catalogue }: Context, { name }: Module): readonly string[] {
  const proven = catalogue.releases(name).filter(({ manifest }) => compareChannels(manifest.channel, "edge") > 0);
  return proven.length === 0 ? catalogue.versions(name) : proven.map(({ manifest }) => manifest.version);
}

/** One end of a module's notes: a version, what a place has of it, or a commit of its source. */
function readEnd(
  context: Context,
  module: Module,
  text: string | undefined,
  flag: string,
  source: SourceRepository | undefined,
): End {
  if (text === undefined) {
    return refuseInput({ file: flag, path: "", message: `${module.name} has no release: give --repo, and --to HEAD` });
  }
  const place = findPlace(context, text, flag);
  const there = place?.releases.get(module.name);
  if (place !== undefined && there === undefined) {
    refuseInput({ file: flag, path: "", message: `has no ${module.name}`, value: text });
  }
  if (there !== undefined) return endOf(there);
  const commit = context.catalogue.versions(module.name).includes(text) ? undefined : source && commitAt(source, text);
  return commit === undefined ? endOf(readRelease(context, module.name, text)) : { label: text, commit };
}

function stackFor({ catalogue }: Context, options: NotesOptions, from: Place | undefined): string | undefined {
  return options.for === undefined ? from?.stack : catalogue.stack(options.for).name;
}

function testsOf({ testsBefore, testsAfter }: NotesOptions) {
  if (testsBefore === undefined && testsAfter === undefined) return undefined;
  if (testsBefore !== undefined && testsAfter !== undefined) return { before: testsBefore, after: testsAfter };
  const flag = testsBefore === undefined ? "--tests-before" : "--tests-after";
  return refuseInput({ file: flag, path: "", message: "goes with the other report: what is new is what one lacks" });
}
