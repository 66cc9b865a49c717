import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { InputError, nearestHint, refuseInput } from "../../release/errors.ts";
import type { Files } from "../../release/files.ts";
import { type ImageEnvironment, ImageFile, type ImageSettings } from "../../release/frozen/image.ts";
import { FreezeRecord } from "../../release/frozen/record.ts";
import { parseBytes, parseFile } from "../../release/parse.ts";
import type { Context } from "../context.ts";

/** Where the frozen images of a platform stand. */
export const DEPLOYMENTS = "deployments";

/** `deployments/<mission>/`, read. */
export interface Mission {
  readonly name: string;
  /** Below the root of the checkout. */
  readonly folder: string;
  readonly image: ImageFile;
  readonly environments: readonly MissionEnvironment[];
}

export interface MissionEnvironment extends ImageEnvironment {
  readonly name: string;
  /** Where people's requirements and tests are, below the root of the checkout. */
  readonly folder: string;
  readonly prefix: string;
}

/** @throws InputError naming the nearest mission, or what is wrong with its image.yaml */
export function readMission({ files }: Pick<Context, "files">, name: string): Mission {
  const folder = `${DEPLOYMENTS}/${name}`;
  const path = `${folder}/image.yaml`;
  if (files.read(path) === undefined) {
    const missions = missionNames(files);
    const message = `is no mission: there is no ${path}${missions.length === 0 ? "" : `; there are ${missions.join(", ")}`}`;
    refuseInput({ file: "mission", path: "", message, value: name, ...nearestHint(name, missions) });
  }
  const image = parseFile(files, path, ImageFile);
  const environments = Object.entries(image.environments).map(([environment, settings]) => ({
    ...settings,
    name: environment,
    folder: `${folder}/environments/${environment}`,
    prefix: settings.prefix ?? `/opt/envs/${environment}`,
  }));
  if (environments.length === 0) refuseInput({ file: path, path: "environments", message: "names none" });
  return { name, folder, image, environments };
}

/** The missions that there are. */
export function missionNames(files: Files): string[] {
  return files
    .list(DEPLOYMENTS)
    .filter((name) => files.read(`${DEPLOYMENTS}/${name}/image.yaml`) !== undefined)
    .sort();
}

/** The mission whose images a module releases. @throws InputError where there is none */
export function missionOf(context: Pick<Context, "files">, module: string): Mission {
  const all = missionNames(context.files).map((name) => readMission(context, name));
  const found = all.find(({ image }) => image.module === module);
  if (found !== undefined) return found;
  const modules = all.map(({ image }) => image.module);
  const message = `has no frozen image: no ${DEPLOYMENTS}/<mission>/image.yaml names it`;
  return refuseInput({ file: "module", path: "", message, value: module, ...nearestHint(module, modules) });
}

/** MISSION_VERSION, VERSION and CAL_VERSION as they stand. */
export interface Versions {
  readonly mission: string;
  readonly common: string;
  /** By environment; null where it has none. */
  readonly cal: ReadonlyMap<string, string | null>;
}

/** @throws InputError naming every version file that is missing or empty */
export function readVersions({ files }: Pick<Context, "files">, mission: Mission): Versions {
  const places = [versionFile(mission, "mission"), versionFile(mission, "common")];
  const [missionVersion, common] = places.map((path) => lineOf(files, path));
  const missing = [missionVersion, common].flatMap((value, index) =>
    value === undefined ? [places[index] ?? ""] : [],
  );
  if (missionVersion === undefined || common === undefined) {
    throw new InputError(
      missing.map((file) => ({ file, path: "", message: "is missing or empty: write the version" })),
    );
  }
  const cal = mission.environments.map(
    ({ name, folder }) => [name, lineOf(files, `${folder}/CAL_VERSION`) ?? null] as const,
  );
  return { mission: missionVersion, common, cal: new Map(cal) };
}

/** Where a version stands. */
export function versionFile({ folder }: Mission, which: "mission" | "common"): string {
  return which === "mission" ? `${folder}/MISSION_VERSION` : `${DEPLOYMENTS}/common/VERSION`;
}

function lineOf(files: Files, path: string): string | undefined {
  const bytes = files.read(path);
  const text = bytes === undefined ? "" : Buffer.from(bytes).toString("utf8").trim();
  return text === "" ? undefined : text;
}

/** Where the committed freeze record of a mission is. */
export function recordPath({ folder }: Mission): string {
  return `${folder}/env-frozen/record.json`;
}

/** The committed freeze record; undefined where nothing was frozen yet. @throws InputError where it is malformed */
export function readRecord({ files }: Pick<Context, "files">, mission: Mission): FreezeRecord | undefined {
  const bytes = files.read(recordPath(mission));
  return bytes === undefined ? undefined : parseBytes(bytes, recordPath(mission), FreezeRecord);
}

/** Files below a folder, by path below it. Links are not followed. */
export function filesBelow(root: string, folder: string): Map<string, Buffer> {
  const below = new Map<string, Buffer>();
  const walk = (path: string) => {
    for (const entry of readdirSync(join(root, folder, path), { withFileTypes: true })) {
      const child = path === "" ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory()) walk(child);
      else if (entry.isFile()) below.set(child, readFileSync(join(root, folder, child)));
    }
  };
  try {
    walk("");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  return below;
}

/** The folder whose requirements a build takes for an environment. */
export function requirementsFolder(
  { folder }: Mission,
  environment: MissionEnvironment,
  tightness: ImageSettings["useFrozen"],
): string {
  return tightness === "floating" ? environment.folder : `${folder}/env-${tightness}/${environment.name}`;
}
