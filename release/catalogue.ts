import { type ArtifactIndex, artifactIndex } from "./artifactIndex.ts";
import { nearestHint, refuseInput } from "./errors.ts";
import type { Files } from "./files.ts";
import { sha256 } from "./json.ts";
import { asTrusted, readModules } from "./modules.ts";
import { parseBytes, parseFile } from "./parse.ts";
import type { LedgerChange } from "./schema/ledger.ts";
import { type Release, ReleaseManifest } from "./schema/manifest.ts";
import type { Module } from "./schema/module.ts";
import { RoadmapFile } from "./schema/roadmap.ts";
import { TrainFile } from "./schema/train.ts";
import { Trust } from "./trust.ts";
import { compareVersions, normalizeVersion } from "./versions.ts";

const RELEASES = "catalog/releases";
const TRAINS = "catalog/trains";
const ROADMAP_FILE = "catalog/roadmap.yaml";
/**
 * The catalogue: modules, releases and trust, read from files when first asked for, and each file once.
 * Every method throws InputError where a file that it needs is malformed.
 */
export class Catalogue extends Trust {
  readonly #files: Files;
  readonly #trusted: Files;
  readonly #versions = new Map<string, readonly string[]>();
  readonly #releases = new Map<string, Release | undefined>();
  #artifacts: ArtifactIndex | undefined;
  #modules: ReadonlyMap<string, Module> | undefined;

  /**
   * `trust` may come from another checkout, such as the protected branch. What formality depends on in a module that is
   * known there comes from there too: nobody relaxes what is asked of their own change.
   */
  constructor(files: Files, trust: Files = files) {
    super(trust, files);
    this.#files = files;
    this.#trusted = trust;
  }

  /** Every module, by name. All malformed files are named in one error. */
  get modules(): ReadonlyMap<string, Module> {
    this.#modules ??=
      this.#trusted === this.#files ? readModules(this.#files) : asTrusted(readModules(this.#files), this.#trusted);
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

  /** The release that an entry of a ledger applied; undefined where its manifest is gone, or is not as it was applied. */
  applied({ module, version, to }: Pick<LedgerChange, "module" | "version" | "to">): Release | undefined {
    const release = this.release(module, version);
    return release?.manifestDigest === to ? release : undefined;
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

  /** What releases are for; empty where the platform has no such file. */
  get roadmap(): RoadmapFile {
    const isThere = this.#files.read(ROADMAP_FILE) !== undefined;
    return isThere ? parseFile(this.#files, ROADMAP_FILE, RoadmapFile) : RoadmapFile.parse({});
  }
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
