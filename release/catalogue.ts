import { InputError, nearestHint, type Problem, refuseInput } from "./errors.ts";
import type { Files } from "./files.ts";
import { sha256 } from "./json.ts";
import { parseBytes, parseFile } from "./parse.ts";
import { type Release, ReleaseManifest } from "./schema/manifest.ts";
import { type Module, ModuleFile } from "./schema/module.ts";
import { ChannelsFile, StacksFile, type TrustedStack } from "./schema/trust.ts";
import { compareVersions, normalizeVersion } from "./versions.ts";

const MODULES = "catalog/modules";
const RELEASES = "catalog/releases";
const TRUST = "catalog/trust";

/** Where the trust files stand. */
export const STACKS_FILE = `${TRUST}/stacks.yaml`;
const CHANNELS_FILE = `${TRUST}/channels.yaml`;

/**
 * The catalogue: modules, releases and trust, read from files when first asked for, and each file once.
 * Every method throws InputError where a file that it needs is malformed.
 */
export class Catalogue {
  readonly #files: Files;
  readonly #trust: Files;
  readonly #releases = new Map<string, Release | undefined>();
  #modules: ReadonlyMap<string, Module> | undefined;
  #stacks: StacksFile | undefined;
  #channels: ChannelsFile | undefined;

  /** `trust` may come from another checkout, such as the protected branch. */
  constructor(files: Files, trust: Files = files) {
    this.#files = files;
    this.#trust = trust;
  }

  /** Every module, by name. All malformed files are named in one error. */
  get modules(): ReadonlyMap<string, Module> {
    this.#modules ??= readModules(this.#files);
    return this.#modules;
  }

  /** A module by name. @throws InputError that names the nearest module */
  module(name: string, place: { file: string; path: string }): Module {
    const found = this.modules.get(name);
    if (found === undefined) {
      refuseInput({
        ...place,
        message: "there is no such module in catalog/modules",
        value: name,
        ...nearestHint(name, this.modules.keys()),
      });
    }
    return found;
  }

  /** Versions that a module has manifests for, oldest first where the scheme orders them. */
  versions(module: string): readonly string[] {
    const names = this.#files
      .list(`${RELEASES}/${module}`)
      .filter((name) => name.endsWith(".json"))
      .map((name) => name.slice(0, -".json".length));
    const scheme = this.modules.get(module)?.versions;
    if (scheme === undefined) return names;
    const valid = names.filter((name) => normalizeVersion(scheme, module, name) === name);
    return valid.sort((a, b) => compareVersions(scheme, a, b));
  }

  /** The file that holds a release. */
  releasePath(module: string, version: string): string {
    return `${RELEASES}/${module}/${version}.json`;
  }

  /** One release, or undefined where there is no manifest. */
  release(module: string, version: string): Release | undefined {
    const path = this.releasePath(module, version);
    if (!this.#releases.has(path)) this.#releases.set(path, readRelease(this.#files, path, module, version));
    return this.#releases.get(path);
  }

  /** Every release of a module, in the order of {@link versions}. */
  releases(module: string): readonly Release[] {
    return this.versions(module).flatMap((version) => this.release(module, version) ?? []);
  }

  /** Names of the stacks that trust knows, in the order that the file has: from the least formal on. */
  get stackNames(): readonly string[] {
    return Object.keys(this.#readStacks().stacks);
  }

  /** What trust says of a stack. @throws InputError that names the nearest stack */
  stack(name: string): TrustedStack {
    const { stacks } = this.#readStacks();
    const found = stacks[name];
    if (found === undefined) {
      refuseInput({
        file: STACKS_FILE,
        path: "stacks",
        message: "there is no such stack",
        value: name,
        ...nearestHint(name, Object.keys(stacks)),
      });
    }
    return { ...found, name };
  }

  /** Which class admits which channel. */
  get channels(): ChannelsFile {
    this.#channels ??= parseFile(this.#trust, CHANNELS_FILE, ChannelsFile);
    return this.#channels;
  }

  #readStacks(): StacksFile {
    this.#stacks ??= parseFile(this.#trust, STACKS_FILE, StacksFile);
    return this.#stacks;
  }
}

function readModules(files: Files): ReadonlyMap<string, Module> {
  const problems: Problem[] = [];
  const modules = new Map<string, Module>();
  for (const file of files.list(MODULES).filter((name) => name.endsWith(".yaml"))) {
    const name = file.slice(0, -".yaml".length);
    try {
      const parsed = parseFile(files, `${MODULES}/${file}`, ModuleFile);
      modules.set(name, { ...parsed, name, namespace: parsed.namespace ?? name });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new InputError(problems);
  return modules;
}

function readRelease(files: Files, path: string, module: string, version: string): Release | undefined {
  const bytes = files.read(path);
  if (bytes === undefined) return undefined;
  const manifest = parseBytes(bytes, path, ReleaseManifest);
  for (const [key, expected] of Object.entries({ module, version })) {
    const value = manifest[key as "module" | "version"];
    if (value !== expected) {
      refuseInput({ file: path, path: key, message: `must be ${expected}, as the file's path says`, value });
    }
  }
  return { manifest, manifestDigest: `sha256:${sha256(bytes)}` };
}
