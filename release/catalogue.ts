import { type ArtifactIndex, artifactIndex } from "./artifactIndex.ts";
import { Authority } from "./authority.ts";
import { checkCalendar } from "./calendar/check.ts";
import { InputError, nearestHint, type Problem, refuseInput } from "./errors.ts";
import type { Files } from "./files.ts";
import { sha256 } from "./json.ts";
import { parseBytes, parseFile } from "./parse.ts";
import { CalendarFile } from "./schema/calendar.ts";
import { ChatFile } from "./schema/chat.ts";
import { FormalityFile } from "./schema/formality.ts";
import { type Release, ReleaseManifest } from "./schema/manifest.ts";
import { type Module, ModuleFile } from "./schema/module.ts";
import { PeopleFile } from "./schema/people.ts";
import { RoadmapFile } from "./schema/roadmap.ts";
import { TrainFile } from "./schema/train.ts";
import { ChannelsFile, StacksFile, type TrustedStack } from "./schema/trust.ts";
import { type KeyRing, keyRing } from "./signing/key-ring.ts";
import { compareVersions, normalizeVersion } from "./versions.ts";

const MODULES = "catalog/modules";
const RELEASES = "catalog/releases";
const TRAINS = "catalog/trains";
const ROADMAP_FILE = "catalog/roadmap.yaml";
const TRUST = "catalog/trust";

/** Where the trust files stand. */
export const STACKS_FILE = `${TRUST}/stacks.yaml`;
const CHANNELS_FILE = `${TRUST}/channels.yaml`;
const PEOPLE_FILE = `${TRUST}/people.yaml`;
/** The file whose digest a blessing names as its policy. */
const FORMALITY_FILE = `${TRUST}/formality.yaml`;
/** When changes are made, and when they are not. */
const CALENDAR_FILE = `${TRUST}/calendar.yaml`;
/** Where the platform is talked about. */
const CHAT_FILE = `${TRUST}/chat.yaml`;
const TRUSTED_ROOT_FILE = `${TRUST}/trusted_root.json`;

/**
 * The catalogue: modules, releases and trust, read from files when first asked for, and each file once.
 * Every method throws InputError where a file that it needs is malformed.
 */
export class Catalogue {
  readonly #files: Files;
  readonly #trust: Files;
  readonly #versions = new Map<string, readonly string[]>();
  readonly #releases = new Map<string, Release | undefined>();
  #artifacts: ArtifactIndex | undefined;
  #modules: ReadonlyMap<string, Module> | undefined;
  #stacks: StacksFile | undefined;
  #channels: ChannelsFile | undefined;
  #authority: Authority | undefined;
  #formality: FormalityFile | undefined;
  #calendar: CalendarFile | undefined;
  #ring: KeyRing | undefined;

  /**
   * `trust` may come from another checkout, such as the protected branch. What formality depends on in a module that is
   * known there comes from there too: nobody relaxes what is asked of their own change.
   */
  constructor(files: Files, trust: Files = files) {
    this.#files = files;
    this.#trust = trust;
  }

  /** Every module, by name. All malformed files are named in one error. */
  get modules(): ReadonlyMap<string, Module> {
    this.#modules ??=
      this.#trust === this.#files ? readModules(this.#files) : asTrusted(readModules(this.#files), this.#trust);
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
    const known = this.#versions.get(module) ?? this.#readVersions(module);
    this.#versions.set(module, known);
    return known;
  }

  #readVersions(module: string): readonly string[] {
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

  /** Names of the trains, sorted. */
  get trainNames(): readonly string[] {
    const names = this.#files.list(TRAINS).filter((name) => name.endsWith(".json"));
    return names.map((name) => name.slice(0, -".json".length));
  }

  /** The file that holds a train. */
  trainPath(name: string): string {
    return `${TRAINS}/${name}.json`;
  }

  /** One train, or undefined where there is no manifest of it. */
  train(name: string): TrainFile | undefined {
    const path = this.trainPath(name);
    if (!this.trainNames.includes(name)) return undefined;
    const train = parseFile(this.#files, path, TrainFile);
    if (train.train !== name) {
      const message = `must be ${name}, as the file's path says`;
      refuseInput({ file: path, path: "train", message, value: train.train });
    }
    return train;
  }

  /** Releases whose manifest names an artifact of this digest; the newest last where their scheme orders them. */
  releasesNaming(digest: string): readonly Release[] {
    this.#artifacts ??= artifactIndex(this.#files, RELEASES);
    const places = this.#artifacts.get(digest) ?? [];
    return [...Map.groupBy(places, ({ module }) => module)].flatMap(([module, found]) => {
      const named = new Set(found.map(({ version }) => version));
      const ordered = this.versions(module).filter((version) => named.has(version));
      return ordered.flatMap((version) => this.release(module, version) ?? []);
    });
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

  /** What the names of everything that is made on AWS begin with, where trust says it. */
  get naming(): Pick<StacksFile, "organization" | "platform"> {
    return this.#readStacks();
  }

  /** Which class admits which channel. */
  get channels(): ChannelsFile {
    this.#channels ??= parseFile(this.#trust, CHANNELS_FILE, ChannelsFile);
    return this.#channels;
  }

  /** Who may speak as what. */
  get authority(): Authority {
    this.#authority ??= new Authority(parseFile(this.#trust, PEOPLE_FILE, PeopleFile));
    return this.#authority;
  }

  /** What a change must pass. */
  get formality(): FormalityFile {
    this.#formality ??= parseFile(this.#trust, FORMALITY_FILE, FormalityFile);
    return this.#formality;
  }

  /** Windows and freezes; none of either where trust has no calendar. */
  get calendar(): CalendarFile {
    this.#calendar ??= this.#readCalendar();
    return this.#calendar;
  }

  /** What releases are for; empty where the platform has no such file. */
  get roadmap(): RoadmapFile {
    const isThere = this.#files.read(ROADMAP_FILE) !== undefined;
    return isThere ? parseFile(this.#files, ROADMAP_FILE, RoadmapFile) : RoadmapFile.parse({});
  }

  /** Where the platform is talked about; undefined where trust names no place. */
  get chat(): ChatFile | undefined {
    return this.#trust.read(CHAT_FILE) === undefined ? undefined : parseFile(this.#trust, CHAT_FILE, ChatFile);
  }

  #readCalendar(): CalendarFile {
    if (this.#trust.read(CALENDAR_FILE) === undefined) return CalendarFile.parse({});
    const calendar = parseFile(this.#trust, CALENDAR_FILE, CalendarFile);
    checkCalendar(calendar, this.authority, CALENDAR_FILE);
    return calendar;
  }

  /** SHA-256 of the formality file. */
  get formalityDigest(): string {
    return sha256(this.#trust.read(FORMALITY_FILE) ?? "");
  }

  /** Every key of everybody, and the trusted root for keyless ones where there is one. */
  get ring(): KeyRing {
    if (this.#ring === undefined) {
      const keys = Object.entries(this.authority.people).flatMap(([person, { keys }]) =>
        keys.map((key) => ({ person, key, file: PEOPLE_FILE })),
      );
      const root = this.#trust.read(TRUSTED_ROOT_FILE);
      this.#ring = keyRing(keys, root && { file: TRUSTED_ROOT_FILE, bytes: root });
    }
    return this.#ring;
  }

  /** The instant that a reference platform is judged at, where trust gives one. */
  get judgedAt(): Date | undefined {
    const { judgedAt } = this.#readStacks();
    return judgedAt === undefined ? undefined : new Date(judgedAt);
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

/** Modules with those properties that decide what is asked of them as the trusted checkout has them. */
function asTrusted(modules: ReadonlyMap<string, Module>, trust: Files): ReadonlyMap<string, Module> {
  const known = new Set(trust.list(MODULES));
  const trusted = [...modules.values()].map((module): Module => {
    if (!known.has(`${module.name}.yaml`)) return { ...module, flags: flagsAsTrusted(module.flags, {}) };
    const { purpose, maturity, versions, frozen, takes, flags } = parseFile(
      trust,
      `${MODULES}/${module.name}.yaml`,
      ModuleFile,
    );
    return { ...module, purpose, maturity, versions, frozen, takes, flags: flagsAsTrusted(module.flags, flags) };
  });
  return new Map(trusted.map((module) => [module.name, module]));
}

/** Nobody raises a feature's maturity, or picks who accepts it, in the change that switches it on. */
function flagsAsTrusted(flags: Module["flags"], trusted: Module["flags"]): Module["flags"] {
  const asTrusted = Object.entries(flags).map(([name, flag]) => {
    const known = trusted[name];
    return [name, known === undefined ? { ...flag, maturity: "alpha" } : { ...known, expires: flag.expires }] as const;
  });
  return Object.fromEntries(asTrusted) as Module["flags"];
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
