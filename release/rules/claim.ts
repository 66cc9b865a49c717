import type { Catalogue } from "../catalogue.ts";
import type { Release } from "../schema/manifest.ts";
import type { Module } from "../schema/module.ts";
import type { Violation } from "../verdict.ts";

/** What a component says of the release that it stands for. */
export interface ReleaseClaim {
  readonly module: string;
  readonly version: string;
  readonly manifestDigest: string;
}

/** The release that a component names: the catalogue has it, with the very bytes that are named. */
export function findClaimed(
  catalogue: Catalogue,
  { module: name, version, manifestDigest }: ReleaseClaim,
): { readonly module: Module; readonly release: Release } | { readonly violation: Violation } {
  const module = catalogue.modules.get(name);
  const release = module === undefined ? undefined : catalogue.release(name, version);
  if (module === undefined || release === undefined) {
    const message = `${name} ${version} is not in the catalogue, so it cannot be judged`;
    return { violation: { message, remedy: `npx imprimatur cut ${name} ${version}` } };
  }
  if (release.manifestDigest !== manifestDigest) {
    const message = `${name} ${version} has the manifest digest ${release.manifestDigest} in the catalogue, not ${manifestDigest}`;
    return { violation: { message, remedy: `pin ${version}@${release.manifestDigest}` } };
  }
  return { module, release };
}
