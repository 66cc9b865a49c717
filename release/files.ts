/**
 * The files that a rule judges, as an argument: a working tree, another checkout, or a commit of a git repository.
 * Paths are relative to the root of the checkout, with forward slashes, and never leave it.
 */
export interface Files {
  /** The bytes of a file, or undefined where there is none. */
  read(path: string): Uint8Array | undefined;
  /** Names of the entries directly below a directory, sorted; empty where there is no such directory. */
  list(directory: string): readonly string[];
}

/** Files held in memory: for tests, and for judging what has not been written yet. Later layers win. */
export function overlay(base: Files, changes: ReadonlyMap<string, Uint8Array>): Files {
  return {
    read: (path) => changes.get(path) ?? base.read(path),
    list: (directory) => {
      const prefix = `${directory}/`;
      const added = [...changes.keys()]
        .filter((path) => path.startsWith(prefix))
        .map((path) => path.slice(prefix.length).split("/")[0] ?? "");
      return [...new Set([...base.list(directory), ...added])].sort();
    },
  };
}

/** Files from a plain record of texts. */
export function memoryFiles(texts: Readonly<Record<string, string>>): Files {
  const encoder = new TextEncoder();
  const bytes = new Map(Object.entries(texts).map(([path, text]) => [path, encoder.encode(text)]));
  return overlay({ read: () => undefined, list: () => [] }, bytes);
}

/**
 * The files of a tree, but in some folders those that `against` has as they are there: nothing can be taken away by
 * deleting or changing it.
 * @param folders such as `catalog/evidence`
 */
export function unionFiles(tree: Files, against: Files, folders: readonly string[]): Files {
  const inside = (path: string) => folders.some((folder) => path === folder || path.startsWith(`${folder}/`));
  return {
    read: (path) => (inside(path) ? against.read(path) : undefined) ?? tree.read(path),
    list: (directory) =>
      inside(directory)
        ? [...new Set([...tree.list(directory), ...against.list(directory)])].sort()
        : tree.list(directory),
  };
}
