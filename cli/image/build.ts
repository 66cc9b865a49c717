import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { refuseInput } from "../../release/errors.ts";
import type { ImageBuild, ImageSettings } from "../../release/frozen/image.ts";
import { recordDigest } from "../../release/frozen/record.ts";
import { git } from "../../store/git.ts";
import { uncommitted } from "../../store/gitIndex.ts";
import { Refusal } from "../approve/outcome.ts";
import type { Context } from "../context.ts";
import { withTemporaryDirectory } from "../deliver/temporary.ts";
import { type Builder, findBuilder } from "./builders.ts";
import { assembleContext } from "./context.ts";
import { checkLayers } from "./layout.ts";
import { type Mission, readRecord, recordPath } from "./mission.ts";
import type { Ended } from "./run.ts";
import { layoutPath, writeBuild } from "./state.ts";

/** Options of everything that builds. */
export interface BuildOptions {
  readonly builder?: string;
  readonly network?: string;
  readonly secret?: readonly string[];
  readonly buildArg?: readonly string[];
  readonly attach?: boolean;
  readonly sbomGenerator?: string;
}

/** What a line of a build must have in it to say why it failed. */
const TELLING = /^(error|fatal|npm err)|yanked|do not match|hash|conflict|depends on|unsatisfiable|not available/i;

/**
 * Builds the image of a mission as it is configured. Nothing that is committed or was found out before is touched where it
 * fails.
 * @throws Refusal for a frozen build whose freezes are not committed
 * @throws InputError with what the build said where it fails
 */
export async function buildImage(
  { root, files }: Pick<Context, "root" | "files">,
  mission: Mission,
  { useFrozen }: ImageSettings,
  options: BuildOptions,
  onLine: (line: string) => void,
): Promise<ImageBuild> {
  const { builder, args: own } = readBuildOptions(options);
  const record = useFrozen === "floating" ? undefined : readRecord({ files }, mission);
  if (useFrozen !== "floating") checkCommitted(root, mission, record !== undefined);
  const tag = imageTag(mission, useFrozen);
  const args = { ...own, BASE: mission.image.base, TIGHTNESS: useFrozen };
  // Beside the one of before, which stays until this one is done.
  const layout = options.attach ? `${layoutPath(mission.name)}.new` : undefined;
  if (layout !== undefined) rmSync(join(root, layout), { recursive: true, force: true });
  const ended = await withTemporaryDirectory((directory) => {
    assembleContext(root, mission, useFrozen, directory);
    return builder.build({
      context: directory,
      tag,
      platform: mission.image.platform,
      epoch: commitTime(root),
      args,
      secrets: options.secret ?? [],
      ...(options.network === undefined ? {} : { network: options.network }),
      ...(layout === undefined ? {} : { layout: join(root, layout) }),
      ...(options.sbomGenerator === undefined ? {} : { sbomGenerator: options.sbomGenerator }),
      onLine,
    });
  });
  if (ended.code !== 0) {
    if (layout !== undefined) rmSync(join(root, layout), { recursive: true, force: true });
    failed(mission, ended);
  }
  const image = await builder.imageId(tag);
  if (image === undefined) throw new Error(`${builder.name} has built ${tag}, and does not know it`);
  const build: ImageBuild = {
    tightness: useFrozen,
    image,
    builder: builder.name,
    record: useFrozen === "frozen" && record !== undefined ? recordDigest(record) : null,
  };
  if (layout !== undefined) checkLayers(join(root, layout), await builder.layers(image));
  writeBuild(root, mission.name, build);
  if (layout !== undefined) renameSync(join(root, layout), join(root, layoutPath(mission.name)));
  return build;
}

/** What can be wrong with the options is found before anything is fetched or written. @throws InputError */
export function readBuildOptions(options: BuildOptions): { builder: Builder; args: Readonly<Record<string, string>> } {
  if (options.sbomGenerator !== undefined && !options.attach) {
    refuseInput({ file: "--sbom-generator", path: "", message: "attaches an SBOM, so it needs --attach" });
  }
  for (const value of options.secret ?? []) {
    const place = { file: "--secret", path: "", value };
    const [, source] = /^id=[^,=]+,src=([^,]+)$/.exec(value) ?? [];
    if (source === undefined) refuseInput({ ...place, message: "must be id=<name>,src=<file>" });
    if (!existsSync(source)) refuseInput({ ...place, message: `there is no file ${source}` });
  }
  const args = readArgs(options.buildArg ?? []);
  return { builder: findBuilder(options.builder), args };
}

/** What an image is called by its builder. */
function imageTag({ name }: Mission, tightness: ImageSettings["useFrozen"]): string {
  return `localhost/imprimatur-${name}:${tightness}`;
}

function checkCommitted(root: string, mission: Mission, isFrozen: boolean): void {
  if (!isFrozen) {
    const next = [
      `npx imprimatur image configure ${mission.name} --use-frozen floating --freeze-chill --cal-version <version>`,
      "npx imprimatur image build",
    ];
    throw new Refusal(`nothing is frozen for ${mission.name}: there is no ${recordPath(mission)}`, next);
  }
  const changed = uncommitted(root, [`${mission.folder}/env-frozen`, `${mission.folder}/env-chilly`]);
  if (changed === undefined)
    throw new Refusal("freezes must be committed, and this is no git repository", ["git init"]);
  if (changed.length === 0) return;
  const next = [`git add ${mission.folder} && git commit -m "Freeze ${mission.name}"`];
  throw new Refusal(`what was frozen is not committed: ${changed.slice(0, 3).join(", ")}`, next);
}

/** SOURCE_DATE_EPOCH: when the commit was made, so that two builds of it are alike. */
function commitTime(root: string): number {
  const answer = git(root, ["log", "-1", "--format=%ct"]);
  // Floating builds may come before the first commit.
  return answer.ok ? Number(answer.stdout.toString("utf8").trim()) || 0 : 0;
}

function readArgs(all: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    all.map((text) => {
      const [, name, value] = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(text) ?? [];
      if (name === undefined || value === undefined) {
        refuseInput({ file: "--build-arg", path: "", message: "must be NAME=value", value: text });
      }
      return [name, value];
    }),
  );
}

function failed(mission: Mission, { code, stdout, stderr }: Ended): never {
  // BuildKit writes step and time before each line.
  const lines = `${stdout}\n${stderr}`.split(/[\r\n]+/).map((line) => line.replace(/^#\d+ (\d+\.\d+ )?/, "").trim());
  const telling = lines.filter((line) => TELLING.test(line));
  const said = [...new Set(telling.length > 0 ? telling : lines.filter(Boolean))].slice(-8);
  const how = code === null ? "was stopped" : "failed";
  const message = `the build ${how}, and nothing that was frozen is changed:\n  ${said.join("\n  ")}`;
  return refuseInput({ file: mission.folder, path: "", message });
}
