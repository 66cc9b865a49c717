import { join } from "node:path";
import { InputError, type Problem } from "../../release/errors.ts";
import type { ImageSettings } from "../../release/frozen/image.ts";
import { FLOATING_FILE } from "../../release/frozen/requirements.ts";
import type { Context } from "../context.ts";
import { type FileEdit, writeAll } from "../writeAll.ts";
import type { Mission, MissionEnvironment } from "./mission.ts";

type Delivered = { readonly edits: readonly FileEdit[] } | { readonly problem: Problem };

/**
 * Fetches the requirements of every environment from where they are delivered: all of them or, where one is out of reach,
 * none.
 * @returns what has changed, below the root of the checkout
 * @throws InputError that says what is out of reach, what it takes, and whom to ask
 */
export async function updateRequirements(
  { root, files }: Pick<Context, "root" | "files">,
  mission: Mission,
  { calVersion }: Pick<ImageSettings, "calVersion">,
): Promise<string[]> {
  if (calVersion === "none") return [];
  const read = (path: string) => {
    const bytes = files.read(path);
    return bytes === undefined ? undefined : Buffer.from(bytes).toString("utf8");
  };
  const all = await Promise.all(
    mission.environments.filter(({ source }) => source !== undefined).map((item) => deliver(item, calVersion, read)),
  );
  const problems = all.flatMap((item) => ("problem" in item ? [item.problem] : []));
  if (problems.length > 0) throw new InputError(problems);
  const edits = all
    .flatMap((item) => ("edits" in item ? item.edits : []))
    .filter(({ before, after }) => before !== after);
  writeAll(root, edits);
  return edits.map(({ path }) => path);
}

async function deliver(
  { name, folder, kind, source }: MissionEnvironment,
  cal: string,
  read: (path: string) => string | undefined,
): Promise<Delivered> {
  if (source === undefined) return { edits: [] };
  const url = source.url.replaceAll("{cal}", encodeURIComponent(cal)).replaceAll("{env}", encodeURIComponent(name));
  const help = `${source.needs === undefined ? "" : `it takes ${source.needs}; `}ask ${source.contact}`;
  const problem = (message: string) => ({ problem: { file: url, path: name, message: `${message}; ${help}` } });
  let text: string;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(60_000) });
    if (answer.status === 404) return problem(`has no requirements for CAL version ${cal} (404)`);
    if (!answer.ok) return problem(`answers ${answer.status}`);
    text = await answer.text();
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { message?: string } };
    return problem(`is out of reach: ${cause?.message || message}`);
  }
  // A login page comes with 200 as well.
  if (text.trim() === "" || /^\s*<(!doctype|html)/i.test(text)) return problem("has no requirements in it");
  const path = join(folder, FLOATING_FILE[kind]);
  const version = `${folder}/CAL_VERSION`;
  return {
    edits: [
      { path, before: read(path), after: `${text.trimEnd()}\n` },
      { path: version, before: read(version), after: `${cal}\n` },
    ],
  };
}
