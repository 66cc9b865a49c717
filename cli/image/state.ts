import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { z } from "zod";
import { InputError, refuseInput } from "../../release/errors.ts";
import { ImageBuild, ImageSettings } from "../../release/frozen/image.ts";
import { prettyJson } from "../../release/json.ts";
import { parseBytes } from "../../release/parse.ts";
import { writeFileAtomically } from "../../store/write.ts";

/** What is about this host alone: git ignores it. */
const FOLDER = ".imprimatur";
const SETTINGS = `${FOLDER}/image.json`;

/** What builds of a mission leave on this host, by file name. */
export const RESULTS = {
  build: "build.json",
  record: "built-record.json",
  test: "import-test.xml",
  drift: "drift.json",
  sbom: "sbom.cdx.json",
} as const;

/** Below the root of the checkout. */
export function resultPath(mission: string, which: keyof typeof RESULTS): string {
  return `${FOLDER}/image-${mission}/${RESULTS[which]}`;
}

/** The last build as an OCI layout, with what is attached to it. Below the root of the checkout. */
export function layoutPath(mission: string): string {
  return `${FOLDER}/image-${mission}/layout`;
}

/** What `image configure` was told. @throws InputError where it was told nothing yet */
export function readSettings(root: string): ImageSettings {
  const found = findSettings(root);
  if (found !== undefined) return found;
  const message =
    "nothing is configured: npx imprimatur image configure <mission> --use-frozen floating --cal-version …";
  return refuseInput({ file: SETTINGS, path: "", message });
}

export function findSettings(root: string): ImageSettings | undefined {
  try {
    return readState(root, SETTINGS, ImageSettings);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const [problem] = error.problems;
    const message = `is not as it was written: ${problem?.message}; run npx imprimatur image configure again`;
    return refuseInput({ file: SETTINGS, path: problem?.path ?? "", message });
  }
}

/** @returns where it was written */
export function writeSettings(root: string, settings: ImageSettings): string {
  return writeState(root, SETTINGS, prettyJson(settings));
}

/** The last build of a mission; undefined where none has come to its end. */
export function findBuild(root: string, mission: string): ImageBuild | undefined {
  return readState(root, resultPath(mission, "build"), ImageBuild);
}

/** @throws InputError where nothing was built */
export function readBuild(root: string, mission: string): ImageBuild {
  const found = findBuild(root, mission);
  if (found !== undefined) return found;
  return refuseInput({ file: mission, path: "", message: "nothing is built here: npx imprimatur image build" });
}

/** Keeps a build that is done; what was found out about the one before goes away with it. */
export function writeBuild(root: string, mission: string, build: ImageBuild): void {
  for (const which of ["record", "test", "drift", "sbom"] as const) {
    rmSync(join(root, resultPath(mission, which)), { force: true });
  }
  rmSync(join(root, layoutPath(mission)), { recursive: true, force: true });
  writeState(root, resultPath(mission, "build"), prettyJson(build));
}

/** Keeps what was found out about the last build. @returns where */
export function writeResult(root: string, mission: string, which: keyof typeof RESULTS, text: string): string {
  return writeState(root, resultPath(mission, which), text);
}

export function findResult(root: string, mission: string, which: keyof typeof RESULTS): Buffer | undefined {
  const path = join(root, resultPath(mission, which));
  return existsSync(path) ? readFileSync(path) : undefined;
}

function readState<T extends z.ZodType>(root: string, path: string, schema: T): z.output<T> | undefined {
  if (!existsSync(join(root, path))) return undefined;
  return parseBytes(readFileSync(join(root, path)), path, schema);
}

function writeState(root: string, path: string, text: string): string {
  if (!existsSync(join(root, FOLDER, ".gitignore"))) writeFileAtomically(join(root, FOLDER, ".gitignore"), "*\n");
  writeFileAtomically(join(root, path), text);
  return path;
}
