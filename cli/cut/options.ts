import { type Named, readChart, readContent, readFreeze, readImage } from "../../release/cut/artifacts.ts";
import type { CutParts } from "../../release/cut/manifest.ts";
import { InputError, nearestHint, type Problem, refuseInput } from "../../release/errors.ts";
import type { ImageRef } from "../../release/imageRef.ts";
import { CHANNELS, type Channel, Commit } from "../../release/schema/common.ts";
import type { Module } from "../../release/schema/module.ts";
import { collectProblems } from "../problems.ts";

/** Options of `cut`, as typed. */
export interface CutOptions {
  readonly chart?: string;
  readonly image: readonly string[];
  readonly content: readonly string[];
  readonly commit?: string;
  readonly appVersion?: string;
  readonly channel?: string;
  readonly acceptance: readonly string[];
  readonly freeze?: string;
  readonly edge?: boolean;
  readonly resolve?: boolean;
  readonly chartDir?: string;
  readonly dependsOnFile?: string;
  readonly repo?: string;
  readonly json?: boolean;
}

/** What is to be cut, read and complete but for digests that a registry has to give. */
export interface CutRequest extends Omit<CutParts, "chart" | "images"> {
  readonly chart?: ImageRef;
  readonly images: ReadonlyMap<string, ImageRef>;
}

/**
 * Reads the options for a module.
 * @throws InputError that names everything malformed or, where all is well-formed, everything missing
 */
export function readCutOptions(module: Module, options: CutOptions): CutRequest {
  const [chart] = collectProblems(options.chart === undefined ? [] : [options.chart], (text) =>
    readChart(module, text),
  );
  const images = once(
    "--image",
    collectProblems(options.image, (text) => readImage(module, text)),
  );
  const content = once(
    "--content",
    collectProblems(options.content, (text) => readContent(module, text)),
  );
  const channel = readChannel(options);
  const freeze = readFrozen(module, options.freeze);
  if (options.commit !== undefined && !Commit.safeParse(options.commit).success) {
    const message = "must be a full commit id: 40 lower-case hex digits";
    refuseInput({ file: "--commit", path: "", message, value: options.commit });
  }
  const { commit, appVersion, acceptance } = options;
  const problems = missing(module, options, { chart, images, content, channel, freeze });
  if (commit === undefined || channel === undefined || problems.length > 0) throw new InputError(problems);
  return {
    ...(chart && { chart }),
    images,
    content,
    commit,
    channel,
    ...(appVersion === undefined ? {} : { appVersion }),
    acceptance,
    ...(freeze && { freeze }),
  };
}

function missing(
  module: Module,
  { commit, resolve }: CutOptions,
  { chart, images, content, channel, freeze }: { [K in keyof CutRequest]?: CutRequest[K] | undefined },
): Problem[] {
  const ask = (flag: string, message: string): Problem => ({ file: flag, path: "", message });
  const suffix = resolve ? ":<tag>" : "@sha256:<digest>";
  const hasParts = module.chart !== undefined || Object.keys(module.images).length > 0;
  const undigested = [["--chart", chart] as const, ...[...(images ?? [])].map(([, ref]) => ["--image", ref] as const)]
    .filter(([, ref]) => ref !== undefined && ref.digest === undefined && !resolve)
    .map(([flag, ref]) => ({
      ...ask(flag, "has no digest: write it, or let --resolve look it up"),
      value: refText(ref),
    }));
  const untagged = [["--chart", chart] as const, ...[...(images ?? [])].map(([, ref]) => ["--image", ref] as const)]
    .filter(([, ref]) => ref !== undefined && ref.digest === undefined && ref.tag === undefined && resolve)
    .map(([flag, ref]) => ({ ...ask(flag, "has neither tag nor digest"), value: refText(ref) }));
  return [
    ...(module.chart !== undefined && chart === undefined ? [ask("--chart", `give ${module.chart}${suffix}`)] : []),
    ...Object.entries(module.images)
      .filter(([name]) => images?.has(name) !== true)
      .map(([name, { repository }]) => ask("--image", `give ${name}=${repository}${suffix}`)),
    ...(!hasParts && content?.size === 0
      ? [ask("--content", `give ${module.source ?? "<repository>"}@<commit>:<SHA-256>`)]
      : []),
    ...undigested,
    ...untagged,
    ...(chart !== undefined && chart.tag === undefined && !isSemverScheme(module)
      ? [ask("--chart", `name the chart's own version: ${chart.repository}:<version>@sha256:<digest>`)]
      : []),
    ...(commit === undefined ? [ask("--commit", "give the full id of the commit that it was built from")] : []),
    ...(channel === undefined ? [ask("--channel", `give one of ${CHANNELS.join(", ")}`)] : []),
    ...(module.frozen && freeze === undefined
      ? [ask("--freeze", `${module.name} is frozen: give mission=…,common=…,cal=…[,record=sha256:…]`)]
      : []),
  ];
}

function isSemverScheme({ versions }: Module): boolean {
  return versions === "semver" || versions === "release-commit";
}

function refText(ref: ImageRef | undefined): string {
  return ref === undefined ? "" : `${ref.repository}${ref.tag === undefined ? "" : `:${ref.tag}`}`;
}

function readChannel({ channel, edge }: CutOptions): Channel | undefined {
  if (edge && channel !== undefined && channel !== "edge") {
    refuseInput({ file: "--channel", path: "", message: "contradicts --edge", value: channel, nearest: "edge" });
  }
  const text = edge ? "edge" : channel;
  const found = CHANNELS.find((known) => known === text);
  if (text !== undefined && found === undefined) {
    const message = `must be one of ${CHANNELS.join(", ")}`;
    refuseInput({ file: "--channel", path: "", message, value: text, ...nearestHint(text, CHANNELS) });
  }
  return found;
}

function readFrozen(module: Module, text: string | undefined) {
  if (text === undefined) return undefined;
  if (!module.frozen) refuseInput({ file: "--freeze", path: "", message: `${module.name} is not frozen`, value: text });
  return readFreeze(text);
}

function once<T>(flag: string, parts: readonly Named<T>[]): ReadonlyMap<string, T> {
  const twice = parts.find(([name], index) => parts.findIndex(([other]) => other === name) !== index);
  if (twice !== undefined) refuseInput({ file: flag, path: twice[0], message: "is given twice" });
  return new Map(parts);
}
