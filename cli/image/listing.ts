import { refuseInput } from "../../release/errors.ts";
import { readCondaExplicit, readDpkg, readNpmLock, readPip } from "../../release/frozen/listings.ts";
import { FreezeRecord, type FrozenEnvironment, recordText } from "../../release/frozen/record.ts";
import type { NpmFiles } from "../../release/frozen/requirements.ts";
import type { OpenImage } from "./builders.ts";
import type { Mission, MissionEnvironment, Versions } from "./mission.ts";

/** What is in an image, with the files that only the image has. */
export interface Listed {
  readonly record: FreezeRecord;
  /** `package.json` and `package-lock.json`, by environment. */
  readonly npm: ReadonlyMap<string, NpmFiles>;
}

/** Lists what is really in an image. @throws InputError where a listing cannot be had, or is not in its form */
export async function listImage(image: OpenImage, mission: Mission, versions: Versions): Promise<Listed> {
  const environments: Record<string, FrozenEnvironment> = {};
  const npm = new Map<string, NpmFiles>();
  for (const environment of mission.environments) {
    const { name, kind, prefix } = environment;
    environments[name] = {
      cal: versions.cal.get(name) ?? null,
      interpreter: await interpreterOf(image, environment),
      pip: kind === "npm" ? [] : await listPip(image, environment),
      conda: kind === "conda" ? await listConda(image, environment) : [],
      npm: kind === "npm" ? readNpmLock(await ask(image, name, npmTree(prefix)), `${name}: npm`) : [],
    };
    if (kind === "npm") {
      const read = (file: string) => ask(image, name, ["cat", `${prefix}/${file}`]);
      npm.set(name, {
        "package.json": await read("package.json"),
        "package-lock.json": await read("package-lock.json"),
      });
    }
  }
  const deb = mission.image.debian ? readDpkg(await ask(image, "image", DPKG), "dpkg-query") : [];
  const base = mission.image.base.slice(mission.image.base.indexOf("@") + 1);
  const { mission: missionVersion, common } = versions;
  const record = { mission: missionVersion, common, base, platform: mission.image.platform, environments, deb };
  // In its canonical order, so that the files that are written of it are the same every time.
  return { record: FreezeRecord.parse(JSON.parse(recordText(record))), npm };
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query fills these in itself
const DPKG = ["dpkg-query", "-W", "-f", "${Package}\\t${Version}\\t${Architecture}\\n"];

/** What npm itself keeps of what it has installed. */
function npmTree(prefix: string): string[] {
  return ["cat", `${prefix}/node_modules/.package-lock.json`];
}

async function interpreterOf(image: OpenImage, { name, kind, prefix }: MissionEnvironment): Promise<string> {
  const command = kind === "npm" ? ["node", "--version"] : [`${prefix}/bin/python`, "--version"];
  return `${kind === "npm" ? "Node " : ""}${(await ask(image, name, command)).trim()}`;
}

async function listPip(image: OpenImage, { name, prefix }: MissionEnvironment) {
  // An environment need not have a pip of its own.
  const pip = ["python3", "-m", "pip", "--python", `${prefix}/bin/python`];
  const inspect = await ask(image, name, [...pip, "inspect", "--local"]);
  // Where nothing was installed by pip there is no report of it.
  const reports = await image.run([
    "sh",
    "-c",
    'for file in "$1"/pip-report*.json; do cat "$file"; echo; done',
    "sh",
    prefix,
  ]);
  const all = reports.code === 0 ? reports.stdout.split(/\n(?=\{)/).filter((text) => text.trim() !== "") : [];
  return readPip(inspect, all, `${name}: pip`);
}

async function listConda(image: OpenImage, { name, prefix }: MissionEnvironment) {
  return readCondaExplicit(
    await ask(image, name, ["conda", "list", "-p", prefix, "--explicit", "--md5"]),
    `${name}: conda`,
  );
}

async function ask(image: OpenImage, environment: string, command: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await image.run(command);
  if (code === 0) return stdout;
  const said = stderr.trim().split("\n").slice(-3).join("; ");
  const message = `cannot be listed: ${command.join(" ")} ends with ${code ?? "a signal"}: ${said}`;
  return refuseInput({ file: environment, path: "", message });
}
