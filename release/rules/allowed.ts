import type { Catalogue } from "../catalogue.ts";
import type { Configuration } from "../configuration.ts";
import type { Gate } from "../gate.ts";
import type { JsonObject } from "../json.ts";
import { fullRepository } from "../kubernetes/repository.ts";
import type { Release } from "../schema/manifest.ts";
import type { Module } from "../schema/module.ts";
import type { TrustedStack } from "../schema/trust.ts";
import type { Violation } from "../verdict.ts";

/** What rules over releases judge by. */
export interface Judges {
  readonly catalogue: Catalogue;
  readonly gate: Gate;
  readonly stack: TrustedStack;
  readonly now: Date;
  /** Where the stack pulls a repository of the catalogue from: its own, or a mirror. */
  readonly pulledFrom: (repository: string) => string;
  /** How the stack configures a module; undefined where its file is not at hand, or pins no such module. */
  readonly configuredAs: (module: Module) => Configuration | undefined;
  /** The chart values that its previous slot was made with, where the stack says that they were others. */
  readonly configuredBefore: (module: Module) => JsonObject | undefined;
}

/** Repositories, with their registries, under every name that the stack may pull them by. */
export function knownRepositories(repositories: readonly string[], { pulledFrom }: Judges): ReadonlySet<string> {
  return new Set([...repositories, ...repositories.map(pulledFrom)].map(fullRepository));
}

/** Whether a release may run in the stack, however it is configured. */
export function mayRun(
  release: Release,
  { catalogue, gate, stack }: Pick<Judges, "catalogue" | "gate" | "stack">,
): boolean {
  const module = catalogue.modules.get(release.manifest.module);
  return module !== undefined && gate.standingAnyhow(module, release, stack).allowed;
}

/**
 * Why a release may not run in the stack, however it is configured.
 * @param what what has been found, and where: it "is of" the release
 */
export function refuseRelease(
  what: string,
  release: Release,
  { catalogue, gate, stack }: Pick<Judges, "catalogue" | "gate" | "stack">,
): Violation {
  const { module: name, version } = release.manifest;
  const module = catalogue.module(name, { file: catalogue.releasePath(name, version), path: "module" });
  const { items } = gate.standingAnyhow(module, release, stack).judgement;
  // Votes and the like depend on the configuration, which is not known here; these do not.
  const standing = items.filter(
    ({ id, state }) => state === "refused" && /^(revoked|blocked|line|unusable:|channel)/.test(id),
  );
  const lines = standing.map(({ text }) => `\n  refused  ${text}`);
  const verb = standing.some(({ id }) => id === "revoked") ? "must not run" : `is not blessed for ${stack.name}`;
  return {
    message: `${what} is of ${name} ${version}, which ${verb}${lines.join("")}`,
    remedy: `npx imprimatur requires ${name} ${version} --for ${stack.name}`,
  };
}
