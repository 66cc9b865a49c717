import semver from "semver";
import { refuseInput } from "./errors.ts";
import type { ReleaseManifest } from "./schema/manifest.ts";
import type { Module } from "./schema/module.ts";
import { PLACEHOLDERS, type Placeholder } from "./schema/sourceRefs.ts";
import type { VersionScheme } from "./versions.ts";

/** What is to be named: a release that has been cut or, without its commit, one that is still to be. */
export type Named = Pick<ReleaseManifest, "version" | "freeze"> & { readonly commit?: string };

/** A tag of a release. */
interface TagName {
  readonly name: string;
  /** It names what several releases share, such as their infrastructure: an earlier commit may bear it already. */
  readonly shared: boolean;
}

/** How a source repository names one release. */
export interface ReleaseRefs {
  readonly tags: readonly TagName[];
  /** The branch that it is patched from; undefined where the module has none. */
  readonly branch: string | undefined;
  /** Text of each version file, by path in the repository. */
  readonly files: ReadonlyMap<string, string>;
}

/** What each scheme does where a module says nothing. MayaOnline makes a branch for each release, the others patch a line. */
const DEFAULTS: Readonly<Record<VersionScheme, { readonly tags: readonly string[]; readonly branch?: string }>> = {
  semver: { tags: ["v{version}"], branch: "release/{major}.{minor}" },
  "release-commit": {
    tags: ["{module}-{major}-{minor}-{patch}-{commit}"],
    branch: "release/{module}-{major}-{minor}-{patch}-{commit}",
  },
  mission: { tags: ["{version}"] },
  dated: { tags: ["{version}"] },
};

/**
 * The branch, the tags and the version files of a release.
 * @throws InputError where a template names what the release does not have
 */
export function releaseRefs(module: Module, named: Named): ReleaseRefs {
  const { git, versions } = module;
  const fill = (template: string, path: string) => filled(template, module, named, path);
  const tags = git?.tags ?? DEFAULTS[versions].tags;
  const branch = git?.branch ?? DEFAULTS[versions].branch;
  return {
    tags: tags.map((template, index) => ({
      name: fill(template, `git.tags[${index}]`),
      shared: !/\{(version|major|minor|patch|commit)\}/.test(template),
    })),
    branch: activeBranch(module, named.version) ?? (branch === undefined ? undefined : fill(branch, "git.branch")),
    files: new Map(
      Object.entries(git?.files ?? {}).map(([file, template]) => [file, fill(template, `git.files["${file}"]`)]),
    ),
  };
}

/** The branch of the active line that a version belongs to; undefined where it belongs to none. */
function activeBranch({ git, versions }: Module, version: string): string | undefined {
  const lines = Object.entries(git?.active ?? {}).filter(([line]) => isOfLine(versions, version, line));
  // The narrower line is the longer text: 1.2 before 1.
  return lines.sort(([a], [b]) => b.length - a.length)[0]?.[1];
}

/**
 * Whether a version would patch a line that gets no patches any more. The first of a line is no patch, and where a module
 * names no active lines all of them are.
 */
export function patchesClosedLine(module: Module, version: string): boolean {
  const parsed = numbersOf(module.versions, version);
  const lines = Object.keys(module.git?.active ?? {});
  return lines.length > 0 && parsed !== undefined && parsed.patch > 0 && activeBranch(module, version) === undefined;
}

/** Whether a version belongs to a line, such as 1.2.3 to 1.2 and to 1. */
export function isOfLine(scheme: VersionScheme, version: string, line: string): boolean {
  const numbers = numbersOf(scheme, version);
  return numbers !== undefined && [`${numbers.major}`, `${numbers.major}.${numbers.minor}`].includes(line);
}

function filled(template: string, module: Module, named: Named, path: string): string {
  return template.replace(/\{(\w+)\}/g, (_, name: Placeholder) => {
    const value = partOf(name, module, named);
    if (value !== undefined) return value;
    const message = `names {${name}}, ${PLACEHOLDERS[name]}, and ${named.version} has none`;
    return refuseInput({ file: `catalog/modules/${module.name}.yaml`, path, message, value: template });
  });
}

function partOf(name: Placeholder, module: Module, { version, commit, freeze }: Named): string | undefined {
  switch (name) {
    case "module":
      return module.name;
    case "version":
      return version;
    case "major":
    case "minor":
    case "patch":
      return numbersOf(module.versions, version)?.[name].toString();
    case "commit":
      return module.versions === "release-commit" ? version.split("+")[1] : commit?.slice(0, 7);
    case "mission":
    case "common":
    case "cal":
      return freeze?.[name];
  }
}

function numbersOf(scheme: VersionScheme, version: string): semver.SemVer | undefined {
  if (scheme === "dated") return undefined;
  return semver.parse(scheme === "mission" ? version.replace(/^[a-z]+-/, "") : version) ?? undefined;
}
