import type { StackSettings } from "./schema/stack.ts";

type Registries = StackSettings["imprimatur:registries"];

/** Where a stack takes a repository of the catalogue from. */
export interface ServedRepository {
  /** Name of the registry in the stack's settings. */
  readonly registry: string;
  /** The repository as this stack pulls from it: the catalogue's own, or its mirror. */
  readonly repository: string;
}

/**
 * The registry of a stack that serves a repository: the one whose URL, or the URL that it mirrors, is closest to it.
 * Of two that are as close the mirror is taken: the site has declared it for just that.
 * @param repository registry host and path as catalogue and release manifests write it
 * @returns undefined where no registry of the stack serves it
 */
export function servedFrom(registries: Registries, repository: string): ServedRepository | undefined {
  const matches = Object.entries(registries).flatMap(([registry, { url, mirrors }]) =>
    [mirrors, url]
      .filter((prefix) => prefix !== undefined)
      .filter((prefix) => repository.startsWith(`${prefix}/`))
      .map((prefix) => ({ registry, prefix, url, isMirror: prefix !== url })),
  );
  const best = matches.sort((a, b) => b.prefix.length - a.prefix.length || Number(b.isMirror) - Number(a.isMirror))[0];
  if (best === undefined) return undefined;
  return { registry: best.registry, repository: `${best.url}${repository.slice(best.prefix.length)}` };
}

/** Where a stack pulls a repository from; as it is where no registry of the stack serves it, as for charts that it needs not. */
export function pulledFrom(registries: Registries, repository: string): string {
  return servedFrom(registries, repository)?.repository ?? repository;
}
