import { join } from "node:path";
import { InputError, type Problem } from "../../release/errors.ts";
import { type FreezeRecord, recordText } from "../../release/frozen/record.ts";
import { chillyFiles, exactPins, FLOATING_FILE, frozenFiles, movedPins } from "../../release/frozen/requirements.ts";
import { sbomOf } from "../../release/frozen/sbom.ts";
import { swapEntries } from "../../store/swap.ts";
import type { Context } from "../context.ts";
import { findBuilder } from "./builders.ts";
import type { Listed } from "./listing.ts";
import { listImage } from "./listing.ts";
import { type Mission, readVersions, recordPath } from "./mission.ts";
import { readBuild, writeResult } from "./state.ts";

/** What a freeze has written. */
export interface Frozen {
  readonly record: FreezeRecord;
  /** Below the root of the checkout. */
  readonly written: string[];
}

/**
 * Records what is really in the last build. A floating build is also frozen: its requirements and its record go into
 * env-frozen and env-chilly, all of them or none. Other builds leave those alone: what they are made of shows drift.
 * @throws InputError where a listing is malformed, a hash is missing or a CAL pin was moved; nothing is then written
 */
export async function freezeImage(context: Pick<Context, "root" | "files">, mission: Mission): Promise<Frozen> {
  const { root } = context;
  const { tightness } = readBuild(root, mission.name);
  const listed = await listBuild(context, mission);
  const { record } = listed;
  const results = () => [
    writeResult(root, mission.name, "record", recordText(record)),
    writeResult(root, mission.name, "sbom", sbomOf(record)),
  ];
  if (tightness !== "floating") return { record, written: results() };
  checkPins(context, mission, record);
  const files = freezeFiles(mission, listed);
  swapEntries(join(root, mission.folder), ["env-frozen", "env-chilly"], files);
  results();
  return { record, written: [...files.keys()].map((path) => `${mission.folder}/${path}`).sort() };
}

/** What is in the last build of a mission. */
export async function listBuild(context: Pick<Context, "root" | "files">, mission: Mission): Promise<Listed> {
  const build = readBuild(context.root, mission.name);
  const image = await findBuilder(build.builder).open(build.image);
  try {
    return await listImage(image, mission, readVersions(context, mission));
  } finally {
    await image.close();
  }
}

/** By path below the mission's folder. @throws InputError where a file's hash is not known: it could not be had again */
export function freezeFiles(mission: Mission, { record, npm }: Listed): Map<string, string> {
  const files = new Map([["env-frozen/record.json", recordText(record)]]);
  const problems: Problem[] = [];
  for (const [name, environment] of Object.entries(record.environments)) {
    const unknown = environment.pip.filter(({ hashes }) => hashes.length === 0).map((item) => item.name);
    if (unknown.length > 0) {
      const message = `no hash is known of ${unknown.join(", ")}: install it with common/install-pip, which keeps pip's report`;
      problems.push({ file: recordPath(mission), path: name, message });
    }
    for (const [file, text] of Object.entries(frozenFiles(environment, npm.get(name)))) {
      files.set(`env-frozen/${name}/${file}`, text);
    }
    for (const [file, text] of Object.entries(chillyFiles(environment, npm.get(name))))
      files.set(`env-chilly/${name}/${file}`, text);
  }
  if (problems.length > 0) throw new InputError(problems);
  return files;
}

/** Packages that were added may not move what the calibration release says. */
function checkPins({ files }: Pick<Context, "files">, mission: Mission, record: FreezeRecord): void {
  const problems = mission.environments.flatMap(({ name, folder, kind }): Problem[] => {
    const found = record.environments[name];
    const file = `${folder}/${FLOATING_FILE.pip}`;
    const text = files.read(file);
    if (kind === "npm" || found === undefined || found.cal === null || text === undefined) return [];
    const pins = exactPins(Buffer.from(text).toString("utf8"));
    return movedPins(pins, [...found.conda, ...found.pip]).map((pin) => ({
      file,
      path: pin.name,
      message: `CAL ${found.cal} pins ${pin.version}, and the image has ${pin.found ?? "none"}: take away what was added and moves it`,
      value: `${pin.name}==${pin.version}`,
    }));
  });
  if (problems.length > 0) throw new InputError(problems);
}
