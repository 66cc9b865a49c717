import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { refuseInput } from "../../release/errors.ts";
import type { Tightness } from "../../release/frozen/requirements.ts";
import { DEPLOYMENTS, filesBelow, type Mission, requirementsFolder } from "./mission.ts";

/** What a build does not get from a mission's folder as it is. */
const LEFT_OUT = /^(Dockerfile|image\.yaml|env-frozen\/|env-chilly\/|environments\/)/;
/** What stands beside the requirements of an environment. */
const NO_REQUIREMENTS = /^(CAL_VERSION$|tests\/)/;

/**
 * Puts together what an image is built from: the Dockerfile, `common/`, `mission/` with what the mission has besides, and
 * `requirements/<environment>/` with the requirements that were chosen.
 * @throws InputError where a Dockerfile is missing or takes another base, or an environment has no requirements
 */
export function assembleContext(root: string, mission: Mission, tightness: Tightness, directory: string): void {
  const own = filesBelow(root, mission.folder);
  const dockerfile = own.get("Dockerfile")?.toString("utf8");
  const file = `${mission.folder}/Dockerfile`;
  if (dockerfile === undefined) refuseInput({ file, path: "", message: "there is no such file" });
  if (!/^ARG BASE\b/m.test(dockerfile) || !/^FROM \$(\{BASE\}|BASE\b)/m.test(dockerfile)) {
    const message = "must start with `ARG BASE` and `FROM $BASE`: the base is the digest that image.yaml gives";
    refuseInput({ file, path: "", message });
  }
  write(directory, "Dockerfile", dockerfile);
  for (const [path, bytes] of filesBelow(root, `${DEPLOYMENTS}/common`)) write(directory, `common/${path}`, bytes);
  for (const [path, bytes] of own) if (!LEFT_OUT.test(path)) write(directory, `mission/${path}`, bytes);
  for (const environment of mission.environments) {
    const folder = requirementsFolder(mission, environment, tightness);
    const requirements = [...filesBelow(root, folder)].filter(([path]) => !NO_REQUIREMENTS.test(path));
    if (requirements.length === 0) {
      const how =
        tightness === "floating" ? "write them, or fetch them with image update" : "freeze a floating build first";
      refuseInput({ file: folder, path: "", message: `has no requirements: ${how}` });
    }
    for (const [path, bytes] of requirements) write(directory, `requirements/${environment.name}/${path}`, bytes);
  }
}

function write(directory: string, path: string, content: Buffer | string): void {
  const target = join(directory, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, content);
  // Whatever the mask of whoever builds: scripts are started, and modes are part of a layer.
  chmodSync(target, 0o755);
}
