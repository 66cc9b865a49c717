import type { Command } from "commander";
import { nearestHint, refuseInput } from "../release/errors.ts";
import type { Candidate } from "../release/gate.ts";
import { pinText, resolveTyped } from "../release/pins.ts";
import type { Platform } from "../release/platform.ts";
import { CHANNELS } from "../release/schema/common.ts";
import type { Release } from "../release/schema/manifest.ts";
import type { Module } from "../release/schema/module.ts";
import type { TrainFile } from "../release/schema/train.ts";
import type { TrustedStack } from "../release/schema/trust.ts";
import type { ReleaseSubject } from "../release/statements.ts";
import type { Context } from "./context.ts";
import { collectProblems } from "./problems.ts";
import { readStacks } from "./stacks.ts";

/** A release that somebody named. */
export interface NamedRelease {
  readonly module: Module;
  readonly release: Release;
}

/** Releases as one stack would run them, all at once. */
export interface StackCandidates {
  readonly stack: TrustedStack;
  /** The stack with all of them pinned. */
  readonly platform: Platform;
  readonly candidates: readonly Candidate[];
}

/** Options of every verb that takes releases. */
export interface ReleaseOptions {
  readonly train?: string;
}

/** Adds to a verb what {@link readReleases} reads. */
export function withReleases(command: Command): Command {
  return command
    .argument("[release...]", "a train, <module> <version>, or <module>@<version> for each of several")
    .option("--train <train>", "the train whose manifest names them; its name as the only argument says the same");
}

/**
 * Reads the arguments that name releases: `<module> <version>` for one, `<module>@<version>` for each of several, or the
 * name of a train whose manifest names them.
 * @throws InputError with the nearest module or version
 */
export function readReleases(
  context: Context,
  given: readonly string[],
  { train: named }: ReleaseOptions = {},
): readonly NamedRelease[] {
  const args = named === undefined ? given : [...given, named];
  const [first = "", second] = args;
  if (!first.includes("@")) {
    const train = second === undefined ? context.catalogue.train(first) : undefined;
    if (train !== undefined) return releasesOf(context, train);
    if (second === undefined || args.length > 2) {
      const message =
        "name one release as <module> <version>, several as <module>@<version> each, or a train that catalog/trains has";
      const hint = second === undefined ? nearestHint(first, context.catalogue.trainNames) : {};
      refuseInput({ file: "arguments", path: "", message, value: args.join(" "), ...hint });
    }
    return [readRelease(context, first, second)];
  }
  const seen = new Set<string>();
  return collectProblems(args, (text) => {
    const [, module = "", version = ""] = /^([^@]+)@(.+)$/s.exec(text) ?? [];
    if (module === "") {
      const message = "must be <module>@<version>, as the others of the train";
      refuseInput({ file: "arguments", path: "", message, value: text });
    }
    if (seen.has(module)) refuseInput({ file: "arguments", path: "", message: "is named twice", value: module });
    seen.add(module);
    return readRelease(context, module, version);
  });
}

/** The releases of a train. @throws InputError where it names one that is not there, or with other bytes */
function releasesOf({ catalogue }: Context, { train, releases }: TrainFile): readonly NamedRelease[] {
  return collectProblems(Object.entries(releases), ([name, pin]) => {
    const place = { file: catalogue.trainPath(train), path: `releases.${name}` };
    const module = catalogue.module(name, place);
    return { module, release: resolveTyped(catalogue, module, pin, place) };
  });
}

/**
 * One release by module and version.
 * @throws InputError with the nearest one; also for a channel, since nobody signs for what may be another release tomorrow
 */
export function readRelease({ catalogue }: Context, moduleName: string, version: string): NamedRelease {
  const module = catalogue.module(moduleName, { file: "<module>", path: "" });
  const place = { file: "<version>", path: "" };
  if (CHANNELS.some((channel) => channel === version)) {
    const message = "is a channel, whose highest release changes: name a version";
    refuseInput({ ...place, message, value: version, ...nearestHint(version, catalogue.versions(module.name)) });
  }
  return { module, release: resolveTyped(catalogue, module, version, place) };
}

/**
 * The releases as a stack would be configured with all of them in it.
 * @throws InputError where the stack is unknown, its file malformed, or the releases do not fit into it
 */
export function readCandidates(
  context: Context,
  stackName: string,
  releases: readonly NamedRelease[],
): StackCandidates {
  const sets = releases.map(({ module, release }) => `${module.name}=${pinText(release)}`);
  const [read] = readStacks(context, [stackName], sets);
  if (read === undefined) throw new Error(`stack ${stackName} was not read`);
  const { platform } = read;
  const candidates = releases.map(({ module, release }): Candidate => {
    const configHash = platform.modules.get(module.name)?.configHash;
    if (configHash === undefined) throw new Error(`${module.name} is missing in ${stackName}`);
    return { module, release, configHash };
  });
  return { stack: platform.stack, platform, candidates };
}

/** A release as records name it. */
export function subjectOf({ module, release }: NamedRelease): ReleaseSubject {
  return { module: module.name, version: release.manifest.version, manifestDigest: release.manifestDigest };
}

/** Releases as commands take them: `<module> <version>` for one, `<module>@<version>` for each of several. */
export function releaseArguments(releases: readonly NamedRelease[]): string {
  const [only, ...others] = releases;
  if (only !== undefined && others.length === 0) return releaseText(only);
  return releases.map(({ module, release }) => `${module.name}@${release.manifest.version}`).join(" ");
}

/** `<module> <version>`: a release as commands take it. */
export function releaseText({ module, release }: NamedRelease): string {
  return `${module.name} ${release.manifest.version}`;
}
