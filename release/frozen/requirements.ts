import { z } from "zod";
import { refuseInput } from "../errors.ts";
import { prettyJson } from "../json.ts";
import { normalName } from "./names.ts";
import type { FrozenEnvironment, FrozenPackage } from "./record.ts";

/** How tightly a build is held: `floating` by what people wrote, `chilly` but for patches, `frozen` in everything. */
export const TIGHTNESS = ["floating", "chilly", "frozen"] as const;
export type Tightness = (typeof TIGHTNESS)[number];

/** The file of requirements that people write, or that is delivered, by kind of environment. */
export const FLOATING_FILE = { pip: "requirements.txt", conda: "conda-specs.txt", npm: "package.json" } as const;

/** Files that say what an environment is made of, by name, as pip, conda and npm take them. */
export type RequirementFiles = Readonly<Record<string, string>>;

/** What npm is told, and what it made of that: neither can be installed from without the other. */
export type NpmFiles = Readonly<Record<"package.json" | "package-lock.json", string>>;

/** The requirements of an environment that only lead to what is in it: versions and hashes of everything. */
export function frozenFiles(environment: FrozenEnvironment, npm: NpmFiles | undefined): RequirementFiles {
  const { pip, conda } = environment;
  return {
    ...(pip.length === 0 ? {} : { "requirements.txt": lines(pip.map(pipExact)) }),
    ...(conda.length === 0 ? {} : { "conda-explicit.txt": lines(["@EXPLICIT", ...conda.map(condaExact)]) }),
    ...npm,
  };
}

/**
 * The requirements of an environment with only patches left open. conda has no range in an explicit list, so a chilly
 * environment is written as specifications; npm's lock cannot float, so only what is asked for directly is held.
 */
export function chillyFiles({ pip, conda }: FrozenEnvironment, npm: NpmFiles | undefined): RequirementFiles {
  return {
    ...(pip.length === 0
      ? {}
      : { "requirements.txt": lines(pip.map(({ name, version }) => `${name}${chill(version)}`)) }),
    ...(conda.length === 0
      ? {}
      : { "conda-specs.txt": lines(conda.map(({ name, version }) => `${name}${condaChill(version)}`)) }),
    ...(npm === undefined ? {} : { "package.json": npmChill(npm) }),
  };
}

/**
 * A version with its patch left open (PEP 440, "compatible release"): `1.4.2` and `1.4` both admit `1.4.*` alone. What has
 * no patch to float, such as `2024`, `1.0rc1` or `1.2+cu118`, stays as it is.
 */
export function chill(version: string): string {
  const [, major, minor, patch = "0"] = /^(\d+)\.(\d+)(?:\.(\d+))?$/.exec(version) ?? [];
  return major === undefined ? `==${version}` : `~=${major}.${minor}.${patch}`;
}

/** The same in conda's words: `=1.4` admits `1.4.*`, but also an earlier patch, so the lower end is said as well. */
function condaChill(version: string): string {
  const [, minor] = /^(\d+\.\d+)(?:\.\d+)?$/.exec(version) ?? [];
  return minor === undefined ? `==${version}` : `>=${version},${minor}.*`;
}

const Dependencies = z.record(z.string(), z.string()).optional();
const PackageFile = z.looseObject({ dependencies: Dependencies, optionalDependencies: Dependencies });
const Installed = z.object({ packages: z.record(z.string(), z.object({ version: z.string().optional() })) });

/** In npm's words `~1.4.2`. What is no package of a registry stays as it is. */
function npmChill(npm: NpmFiles): string {
  const { packages } = Installed.parse(JSON.parse(npm["package-lock.json"]));
  const chilled = (dependencies: z.infer<typeof Dependencies>) =>
    dependencies &&
    Object.fromEntries(
      Object.entries(dependencies).map(([name, range]) => {
        const { version = "" } = packages[`node_modules/${name}`] ?? {};
        const held = /^\d+\.\d+\.\d+$/.test(version) && !/[/:]/.test(range);
        return [name, held ? `~${version}` : range];
      }),
    );
  const { dependencies, optionalDependencies, ...rest } = PackageFile.parse(JSON.parse(npm["package.json"]));
  const [own, optional] = [chilled(dependencies), chilled(optionalDependencies)];
  return prettyJson({
    ...rest,
    ...(own && { dependencies: own }),
    ...(optional && { optionalDependencies: optional }),
  });
}

function pipExact({ name, version, hashes }: FrozenPackage): string {
  const usable = hashes.filter((hash) => hash.startsWith("sha"));
  return [`${name}==${version}`, ...usable.map((hash) => `    --hash=${hash}`)].join(" \\\n");
}

function condaExact({ name, url, hashes }: FrozenPackage): string {
  if (url === undefined)
    refuseInput({ file: "freeze", path: name, message: "has no URL, so conda could not find it again" });
  const [hash] = hashes.toSorted((a, b) => Number(b.startsWith("sha256:")) - Number(a.startsWith("sha256:")));
  return hash === undefined ? url : `${url}#${hash.replace(/^md5:/, "")}`;
}

function lines(all: readonly string[]): string {
  return `${all.join("\n")}\n`;
}

/** An exact pin that somebody delivered, such as the calibration software's own requirements. */
export interface Pin {
  readonly name: string;
  readonly version: string;
}

/** The exact pins of a pip requirements file; ranges, options and comments are none. */
export function exactPins(text: string): Pin[] {
  return text.split("\n").flatMap((line) => {
    const [, name, version] =
      /^\s*([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*===?\s*([^\s;#\\*,]+)(?=[\s;#\\]|$)/.exec(line) ?? [];
    return name === undefined || version === undefined ? [] : [{ name: normalName(name), version }];
  });
}

/** Pins that an environment does not hold: packages that were added may not move what the calibration release says. */
export function movedPins(
  pins: readonly Pin[],
  installed: readonly FrozenPackage[],
): (Pin & { readonly found?: string })[] {
  const found = new Map(installed.map(({ name, version }) => [name, version]));
  return pins.flatMap((pin) => {
    const version = found.get(pin.name);
    if (version !== undefined && sameVersion(version, pin.version)) return [];
    return [version === undefined ? pin : { ...pin, found: version }];
  });
}

/** `4.0` and `4.0.0` are one version (PEP 440). */
function sameVersion(a: string, b: string): boolean {
  const trimmed = (version: string) => version.replace(/^v/, "").replace(/(\.0+)+$/, "");
  return trimmed(a) === trimmed(b);
}
